"""The ledger of an order: terms, expected balances and postings (contract, section 4).

The expected balances are a pure function of the decision and the order lifecycle. May import only
``decisions``, ``touches``, ``orders``, ``clicks``, ``references``, ``ingest`` and ``records``.
"""
