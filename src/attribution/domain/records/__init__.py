"""The public contract: the record types and the topics that carry them.

Imports nothing of ``attribution`` and no library but msgspec, so a billing system can use these types alone.
"""
