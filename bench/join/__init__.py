"""The engine of this project with the peers' workload as its job, for the comparison of stream engines."""
