"""The life of an order line: its events as read, and what was published of it so far."""
