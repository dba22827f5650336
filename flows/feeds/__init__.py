"""Products from feeds: Google Merchant Center, Meta catalogs, plain tables; a feed comes from strangers."""
