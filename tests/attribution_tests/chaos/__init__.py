"""Inject faults into a real broker and real workers, then recompute the output from the input.

``python -m attribution_tests.chaos`` runs the faults of ``faults`` by name. ``trial`` runs one. ``environment``
has brokers, proxies, workers and traffic. ``checks`` observe a trial and find what is wrong with its output.
``planted`` holds the code that is planted in a worker, ``bugs`` what the checks must catch.
"""
