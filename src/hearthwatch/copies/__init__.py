"""The cameras' settings, kept: dated copies, what changed between them, and the way back."""
