"""The Kafka task engine: exactly-once tasks over a consumer group.

It knows nothing of attribution.

- ``clients``: the use of aiokafka: consumers, producers, admin, errors.
- ``flow``: a step's inputs, merged by event time, and the watermarks between steps.
- ``task``: a partition's state, its restore and its transactions, and what a job must provide.
- ``group``: group membership through Faust, and the assignment of tasks to workers.

May import ``engine`` and ``errors``; never ``domain`` or ``config``.
"""
