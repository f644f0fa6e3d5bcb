"""An Outage: something of the house or a camera does not work."""
