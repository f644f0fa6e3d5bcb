"""People look, decide and set up."""
