"""A task: one partition of every topic, its state, its restore, its transactions."""
