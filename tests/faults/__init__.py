"""Faults done to the product on purpose, many times, with seeds, each trial counted: `python -m tests.faults`."""
