"""The events of a run: clicks, room entries, orders and their lifecycle, platform events, invalid records."""
