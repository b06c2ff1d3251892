"""The engine: stores, tables, unit of work, event-time merge; knows nothing of attribution."""
