"""Arming: whether the house is watched as one nobody is in, who decided that, and what it means for each camera."""
