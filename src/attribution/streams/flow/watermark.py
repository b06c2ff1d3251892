"""Watermarks: how far a task's step has come, told to the steps behind its repartition topic."""

from typing import Final, NamedTuple

import msgspec

from attribution.engine.merge import Key
from attribution.engine.record import Record


class FromTask(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What goes through a repartition topic; ``source`` is the task that it comes from, a partition number."""

    source: int


class Watermark(FromTask, frozen=True, gc=False, array_like=True, tag="mark"):
    """Whatever follows from its source lies behind ``key``; there is nothing now if ``is_caught_up``."""

    key: Key
    is_caught_up: bool


class FromSource(NamedTuple):
    """What one source sent through a repartition topic: records, and the offset of each in that topic."""

    records: list[Record]
    places: list[int]


class ReceivedWatermark(NamedTuple):
    """A source's watermark, and its offset in the repartition topic."""

    watermark: Watermark
    place: int


encode: Final = msgspec.msgpack.Encoder().encode
