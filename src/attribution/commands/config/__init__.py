"""``attribution config``: check the settings, and show those in effect."""
