"""The engine: stores, tables, unit of work and event-time merge. It knows nothing of attribution."""
