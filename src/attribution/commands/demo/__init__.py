"""``attribution demo``: a shop's clickstream through the main job, told in tables.

``command`` writes the input and runs the job, ``stories`` reads back what came of each order, ``choice`` picks some
that differ, ``balances`` adds up the ledger, ``tables`` prints.
"""
