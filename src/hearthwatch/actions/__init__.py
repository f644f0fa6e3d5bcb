"""Actions: what the house switches on an event or a change of its mode, and that it is switched off again."""
