"""What is owed for an order: a pure function of its decision and its life; the ledger gets the difference."""
