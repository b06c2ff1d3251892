"""``attribution run``: the main job on files.

``command`` has the options, ``observed_run`` runs the job with metrics, health and logs, ``summary`` prints
the result, ``progress`` shows a progress bar, ``signals`` handles SIGTERM and SIGINT.
"""
