"""An Event: worth remembering."""
