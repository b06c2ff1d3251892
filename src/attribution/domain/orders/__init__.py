"""An order line: its events as read, and the lifecycle that follows from them.

May import only ``references``, ``ingest`` and ``records``.
"""
