"""Everything at the edge: the embedded host, the command line, configuration, metrics, logs, and the tools."""
