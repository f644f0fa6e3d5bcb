"""A Detection: something is named."""
