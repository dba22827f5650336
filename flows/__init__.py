"""What happens in which order, and the ways in."""
