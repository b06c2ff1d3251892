"""The Kafka host: attribution as a job of the task engine in ``streams``.

- ``worker``: one worker process, from its start to its end;
- ``wiring``: builds what a worker needs from the settings;
- ``job``: the topics that the job reads and writes, and the work of a task;
- ``steps``: the steps of a task and their inputs;
- ``task_processor``: the processor of a task; records pass between steps through repartition topics;
- ``repartition``: the repartition topics and their records;
- ``decoding``: makes records of fetched bytes;
- ``source_restore``: restores what is in no changelog from the input topics;
- ``names``: the names of topics, group and transactions on a broker;
- ``preflight``: checks the topics before a worker starts;
- ``published_policies``: how long touches are needed under the published policies;
- ``supervision``: checks topics and clients while a worker runs;
- ``ticks``: writes ticks;
- ``worker_metrics``: the metrics and the health of a worker.

May import ``processor``, ``streams``, ``engine``, ``metrics``, ``config``, ``domain`` and ``errors``; never
``hosts.embedded``.
"""
