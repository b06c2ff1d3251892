"""Chaos: faults on a real broker and real workers, and afterwards everything is computed anew from the input.

``python -m attribution_tests.chaos`` runs the faults of ``faults`` by name. ``fleet`` keeps the workers running, ``watch`` looks at what they
commit, ``proxy`` stands between them and the broker, ``planted`` holds what is planted in a worker, ``checkers`` say what
is wrong with what was written.
"""
