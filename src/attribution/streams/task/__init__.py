"""A task: one partition of every topic, with its state, restore and transactions."""
