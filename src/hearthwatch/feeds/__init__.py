"""A Packet arrives: one reader per stream."""
