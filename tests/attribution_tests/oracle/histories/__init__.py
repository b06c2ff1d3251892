"""Generated histories: small, dense, and full of boundary cases; the same seed gives the same history."""
