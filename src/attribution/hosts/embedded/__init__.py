"""The embedded host: the same steps on one machine, from NDJSON to NDJSON, state in memory or one SQLite file."""
