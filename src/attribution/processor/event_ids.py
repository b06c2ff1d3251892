"""The ids of events that no step keeps as facts. A digest distinguishes a copy from a clash."""

from hashlib import blake2b
from typing import Any

import msgspec

from attribution.domain.ingest.refusal import RefusedError
from attribution.engine.bloom_filter import BloomFilter
from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store
from attribution.processor.clock import StateClock
from attribution.processor.layout.keys import id_key
from attribution.processor.layout.rows import EVENT_IDS


class EventIds:
    """Digests by (topic, key, event_id). A row expires with the segment of the event's time."""

    def __init__(self, store: Store, clock: StateClock) -> None:
        self._store = store
        self._clock = clock
        self._began_empty = next(store.scan(EVENT_IDS.table, b"", b"\xff"), None) is None
        self._recorded: BloomFilter[bytes] = BloomFilter()

    def record(self, topic: str, key: str, event: Any) -> bool:
        """Record an event. Return whether it is new, and not a copy.

        Raises:
            RefusedError: EVENT_ID_CLASH, if its event_id belongs to a different event.
        """
        name = id_key(topic) + id_key(key) + id_key(event.event_id)
        digest = blake2b(msgspec.json.encode(event), digest_size=16).digest()
        version = self._find(name, segment_of(max(self._clock.stream_time, event.occurred_at)) + 1)
        if version is None:
            segment = segment_key(segment_of(event.occurred_at))
            self._store.write({EVENT_IDS.table: {segment + name: EVENT_IDS.pack(digest)}})
            self._recorded.add(name)
        elif version != digest:
            raise RefusedError(
                "EVENT_ID_CLASH", f"event_id {event.event_id} belongs to a record that differs"
            )
        return version is None

    def _find(self, name: bytes, last: int) -> bytes | None:
        if self._began_empty and name not in self._recorded:
            return None
        for segment in range(max(0, self._clock.retention_start()), last + 1):
            row = self._store.get(EVENT_IDS.table, segment_key(segment) + name)
            if row is not None:
                return EVENT_IDS.unpack(row)
        return None
