"""The hosts. Each reads records, processes them, and commits outputs, state and positions together.

- ``embedded``: one process, files or a pipe as input, files as output;
- ``kafka``: attribution as a job of the Kafka task engine in ``streams``.

May import ``processor``, ``streams``, ``engine``, ``metrics``, ``config``, ``domain`` and ``errors``; never
``commands``. The hosts never import each other.
"""
