"""``attribution run``: the main job over files.

``command`` has the options, ``job`` runs and observes, ``totals`` adds up what was done, ``summary`` prints it,
``progress`` shows a bar, ``stopping`` listens to signals.
"""
