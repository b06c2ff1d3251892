"""Empty; reserved for the rollups by campaign, room, product and merchant (contract, section 5).

May import only ``commissions``, ``decisions``, ``touches``, ``orders``, ``clicks``, ``references``,
``ingest`` and ``records``.
"""
