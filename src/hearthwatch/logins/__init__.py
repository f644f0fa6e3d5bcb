"""A Login: somebody came to a camera's own door, or changed what guards it."""
