"""The demo: the clickstream of an electronics shop (a synthetic one), told in this project's events.

``clickstream`` reads the data file (its origin is in ``SOURCE.md``), ``shop`` has what the source lacks (products,
promoters, links, rooms, terms), ``adapter`` turns one into the other, ``purchases`` does so for what is bought.
Nothing outside ``hosts`` imports it.
"""

from attribution.commands.demo.data.adapter import events

__all__ = ["events"]
