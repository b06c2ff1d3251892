"""The command line: ``attribution run``, ``demo``, ``simulate``, ``reference``, ``topology``, ``config``, ``version``.

``app`` puts the commands together; ``run`` and ``demo`` are packages of their own. Nothing imports this package but
``python -m attribution`` and the console script.
"""

from attribution.hosts.cli.app import app, main

__all__ = ["app", "main"]
