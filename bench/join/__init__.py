"""The engine of this project with the peers' workload as its job: what stream engines are compared by."""
