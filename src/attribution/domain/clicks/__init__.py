"""Anonymous clicks by click_id, and the buyers that room entries match them to.

May import only ``references``, ``ingest`` and ``records``.
"""
