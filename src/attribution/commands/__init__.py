"""The commands of the command line, a folder each: ``command`` has the options, the other files do the work.

Only ``cli`` imports this package. Commands share nothing but what lies in the layers below; ``simulate`` and
``reference`` are also libraries, for tests and benches.
"""
