"""The synthetic clickstream of an electronics shop, as events of this project.

``clickstream`` reads the data file (``SOURCE.md`` names its origin). ``shop`` has what the source lacks:
products, promoters, links, rooms, terms. ``adapter`` converts sessions to events, and ``purchases`` converts
purchases. Inside the program, only ``commands.demo`` imports this package.
"""

from attribution.commands.demo.data.adapter import events

__all__ = ["events"]
