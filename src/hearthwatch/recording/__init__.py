"""A Segment is kept."""
