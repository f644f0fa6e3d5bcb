"""Room of the node: a house that tells a hub what it knows, and the hub that keeps it; see docs/decisions/0011."""
