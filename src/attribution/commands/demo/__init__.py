"""``attribution demo``: run a shop's clickstream through the main job, and print the result as tables.

``data`` converts the clickstream to events, ``command`` writes them and runs the job, ``order_stories`` reads
the result of each order back, ``sampling`` picks orders that differ, ``balances`` adds up the ledger,
``tables`` prints.
"""
