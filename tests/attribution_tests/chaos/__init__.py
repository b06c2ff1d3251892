"""Inject faults into a real broker and real workers, then recompute the output from the input.

``python -m attribution_tests.chaos`` runs the faults of ``faults`` by name. ``fleet`` keeps the workers
running. ``watch`` observes what they commit. ``proxy`` relays between a worker and the broker. ``planted``
holds the code that is planted in a worker. ``checkers`` find what is wrong with the output.
"""
