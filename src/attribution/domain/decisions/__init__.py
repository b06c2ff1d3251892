"""The decision of an order: which touches it credits, and why not the others (contract, section 3).

A decision is a pure function of the order's evidence. May import only ``touches``, ``orders``, ``clicks``,
``references``, ``ingest`` and ``records``.
"""
