"""Watermarks: the progress of a task's step, sent to the steps that read its repartition topic."""

from typing import Final, NamedTuple

import msgspec

from attribution.engine.merge import Key
from attribution.engine.record import Record


class FromTask(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A message in a repartition topic; ``source`` is the task that sent it, a partition number."""

    source: int


class Watermark(FromTask, frozen=True, gc=False, array_like=True, tag="mark"):
    """All later records of its source sort after ``key``; if ``is_caught_up``, there are none for now."""

    key: Key
    is_caught_up: bool


class FromSource(NamedTuple):
    """The records that one source sent through a repartition topic, and the offset of each in that topic."""

    records: list[Record]
    places: list[int]


class ReceivedWatermark(NamedTuple):
    """A source's watermark, and its offset in the repartition topic."""

    watermark: Watermark
    place: int


encode: Final = msgspec.msgpack.Encoder().encode
