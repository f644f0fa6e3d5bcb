"""An Alert: someone is told."""
