"""Hearthwatch: private home security that also watches the cameras themselves."""
