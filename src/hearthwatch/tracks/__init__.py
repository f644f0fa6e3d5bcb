"""A Track: the same thing, over time."""
