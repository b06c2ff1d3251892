"""Which touch drove an order, and why not the others: a pure function of the order's evidence."""
