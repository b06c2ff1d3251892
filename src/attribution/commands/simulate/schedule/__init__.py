"""When things happen, and when their records arrive: the rate by the hour, the event queue, the state of the run."""
