"""A Frame is seen."""
