"""What we remember: files (blobs) and rows (catalog)."""
