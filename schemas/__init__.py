"""What things are: values, the placement table, settings, errors."""
