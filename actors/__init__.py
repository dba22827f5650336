"""What a worker does: generate, upscale, compose, check."""
