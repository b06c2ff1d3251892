"""A buyer's clicks and room entries, and the touches that follow from them.

May import only ``references``, ``ingest`` and ``records``.
"""
