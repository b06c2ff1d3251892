"""Where in its topics each bucket of time begins: what must still be there when touches are read again."""

from collections.abc import Mapping
from typing import Final

import msgspec

from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store

_TABLE: Final = "buckets"


class OffsetIndex:
    """By bucket the offsets before which a task's topics hold nothing of it, in the task's state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        rows = store.scan(_TABLE, b"", b"\xff")
        self._offsets = {
            int.from_bytes(key, "big"): msgspec.json.decode(row, type=dict[str, int]) for key, row in rows
        }

    def record(self, stream_time: int, before: Mapping[str, int]) -> None:
        """Note a bucket that time has come to, and how far each topic was before that."""
        segment = segment_of(stream_time)
        if segment > max(self._offsets, default=-1):
            self._offsets[segment] = dict(before)
            self._store.write({_TABLE: {segment_key(segment): msgspec.json.encode(before)}})

    def forget_before(self, time: int) -> None:
        """Drop what nobody will ask for any more."""
        for segment in [segment for segment in self._offsets if segment < segment_of(time)]:
            del self._offsets[segment]
            self._store.write({_TABLE: {segment_key(segment): None}})

    def needed_from(self, time: int) -> Mapping[str, int]:
        """Return by topic from which offset on all records are needed if those from a time on are."""
        needed = [segment for segment in self._offsets if segment > segment_of(time)]
        return self._offsets[min(needed)] if needed else {}
