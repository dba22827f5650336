"""The sheets of the ad platforms, and those that every export has."""
