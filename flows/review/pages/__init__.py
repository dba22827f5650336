"""The pages of the review page, a module each, and what is done from them."""
