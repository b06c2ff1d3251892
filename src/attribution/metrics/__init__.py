"""The metrics, and the HTTP server for metrics and health.

``definitions`` declares each metric once, ``recorder`` updates them after each step, ``server`` serves them
with the health of the process. A label never holds the id of a buyer, an order or a link.
"""
