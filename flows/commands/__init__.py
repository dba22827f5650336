"""Groups of commands that `flows.cli` puts together. Heavy imports wait until a command needs them."""
