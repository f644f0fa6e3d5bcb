"""The audit room: what is weak about a camera, and what can be done about it."""
