"""A Motion: something changed in the picture."""
