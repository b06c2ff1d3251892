"""The embedded host: the processor in one process, NDJSON in and out, state in memory or in one SQLite file.

- ``run``: reads records, processes them, and commits step by step;
- ``plan``: the plan of a run, made from the settings;
- ``source``: the protocol of an input, and the position in it;
- ``directory_source``: a directory with one file per topic;
- ``topic_file``: one of these files, in the order of record timestamps;
- ``stream_source``: one file or pipe with records of all topics;
- ``line_reader``: files and pipes, read in blocks of whole lines;
- ``output``: the output directory, one file per topic;
- ``checkpoint``: what the state records of a run, to resume it;
- ``totals``: the report of a step, and the counts of a run;
- ``ndjson_writer``: writes input files, for the simulator and the demo.

May import ``processor``, ``engine``, ``metrics``, ``config``, ``domain`` and ``errors``; never
``hosts.kafka``.
"""
