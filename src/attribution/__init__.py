"""Decides which promoter link drove an order, and what is owed to whom.

Three layers, dependencies pointing down only:

- ``attribution.hosts``: the embedded host, command line, configuration, metrics: everything at the edge;
- ``attribution.engine``: tables, stores, event-time merge, unit of work; knows nothing of attribution;
- ``attribution.domain``: clicks, touches, decisions, commissions, insights; no I/O, no clock, no Kafka.
"""

__version__ = "0.1.0"
