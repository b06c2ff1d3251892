"""When events occur and when their records arrive: rate profile, event queue, run state."""
