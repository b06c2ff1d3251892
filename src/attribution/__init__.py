"""Decides which promoter link drove an order, and what is owed to whom.

Each layer imports only the layers below it:

- ``cli``: the entry point of the command line;
- ``commands``: the commands, one folder each;
- ``hosts``: ``embedded`` (files in, files out) and ``kafka``;
- ``processor`` and ``streams``: the domain's steps on tables, and the Kafka task engine;
- ``engine``, ``metrics`` and ``config``: stores, tables, event-time merge, unit of work; metrics; settings;
- ``domain``: records, clicks, touches, orders, decisions, commissions; no I/O, no clock, no Kafka;
- ``errors``: the errors that this project raises on purpose.

``streams`` and ``engine`` know nothing of attribution.
"""

__version__ = "0.2.0"
