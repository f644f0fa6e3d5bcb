"""Wiring: config, messages, supervisor and one main per process."""
