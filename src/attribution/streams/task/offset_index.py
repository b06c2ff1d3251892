"""The offset index: where each segment of time begins in a task's topics.

The records from there on must still exist when touches are read again.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store

_TABLE: Final = "buckets"


class OffsetIndex:
    """By segment, the offsets before which a task's topics hold no record of it.

    The index is part of the task's state.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        rows = store.scan(_TABLE, b"", b"\xff")
        self._offsets = {
            int.from_bytes(key, "big"): msgspec.json.decode(row, type=dict[str, int]) for key, row in rows
        }

    def record(self, stream_time: int, before: Mapping[str, int]) -> None:
        """Record the segment of the stream time if it is new, and the position of each topic before it."""
        segment = segment_of(stream_time)
        if segment > max(self._offsets, default=-1):
            self._offsets[segment] = dict(before)
            self._store.write({_TABLE: {segment_key(segment): msgspec.json.encode(before)}})

    def forget_before(self, time: int) -> None:
        """Delete the segments before a time."""
        for segment in [segment for segment in self._offsets if segment < segment_of(time)]:
            del self._offsets[segment]
            self._store.write({_TABLE: {segment_key(segment): None}})

    def needed_from(self, time: int) -> Mapping[str, int]:
        """Return by topic the first offset that is needed if all records from a time on are needed."""
        needed = [segment for segment in self._offsets if segment > segment_of(time)]
        return self._offsets[min(needed)] if needed else {}
