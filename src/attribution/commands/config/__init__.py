"""``attribution config``: check the settings, and show which are in effect."""
