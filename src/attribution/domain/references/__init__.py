"""Versions of reference records, and which of them an order sees (contract, section 2).

May import only ``ingest`` and ``records``.
"""
