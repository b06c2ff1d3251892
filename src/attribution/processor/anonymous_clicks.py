"""The tables of the stitch step."""

from typing import Final

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.engine.cache import Cache
from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor.clock import StateClock
from attribution.processor.layout.keys import id_key
from attribution.processor.layout.rows import ANONYMOUS_CLICKS, NEWEST_ANONYMOUS
from attribution.processor.persistence import Persistence

_CACHED: Final = 50_000


class StitchTables:
    """Anonymous clicks by click_id.

    A row lies in the segment of its newest time, and expires with that segment. Within a process the stitch
    step shares the clock and the horizon of the step that it forwards to.
    """

    def __init__(self, store: Store, clock: StateClock, persistence: Persistence) -> None:
        self._store = store
        self._clock = clock
        self._is_kept = persistence.orders
        self._cache: Cache[AnonymousClicks] = Cache(
            self._load, lambda _: 1, _CACHED if self._is_kept else None
        )
        self._segments: dict[str, int] = {}
        self._changed: dict[str, AnonymousClicks] = {}
        newest = store.get(NEWEST_ANONYMOUS.table, b"")
        self._began_empty = newest is None
        self._newest = -1 if newest is None else int.from_bytes(NEWEST_ANONYMOUS.unpack(newest), "big")

    def anonymous_clicks(self, click_id: str) -> AnonymousClicks:
        """Return the anonymous clicks with a click_id, and the buyers matched to it."""
        anonymous_clicks = self._cache.get(click_id)
        if segment_of(anonymous_clicks.newest) < self._clock.retention_start():
            anonymous_clicks.forget()
        return anonymous_clicks

    def save_anonymous_clicks(self, click_id: str, anonymous_clicks: AnonymousClicks) -> None:
        """Save what changed under a click_id."""
        self._changed[click_id] = anonymous_clicks

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes since the last flush to the unit of work."""
        if not self._is_kept:
            self._changed = {}
        for click_id, anonymous_clicks in self._changed.items():
            segment = segment_of(anonymous_clicks.newest)
            before = self._segments.get(click_id)
            if before is not None and before != segment:
                write_batch.put(ANONYMOUS_CLICKS.table, segment_key(before) + id_key(click_id), None)
            self._segments[click_id] = segment
            self._record_newest(segment, write_batch)
            write_batch.put(
                ANONYMOUS_CLICKS.table,
                segment_key(segment) + id_key(click_id),
                ANONYMOUS_CLICKS.pack(anonymous_clicks),
            )
        self._changed = {}

    def _record_newest(self, segment: int, write_batch: WriteBatch) -> None:
        """Record the last segment with rows: this step may be far ahead of the step that it forwards to."""
        if segment > self._newest:
            self._newest = segment
            write_batch.put(NEWEST_ANONYMOUS.table, b"", NEWEST_ANONYMOUS.pack(segment_key(segment)))

    def trim(self) -> None:
        """Evict what exceeds the cache's limit. Call this when everything is written."""
        self._cache.trim()
        if len(self._segments) > 2 * _CACHED:
            self._segments = {i: segment for i, segment in self._segments.items() if i in self._cache}

    def _load(self, click_id: str) -> AnonymousClicks:
        if self._began_empty and not self._cache.may_have_evicted(click_id):
            return AnonymousClicks()
        for segment in range(self._clock.retention_start(), self._newest + 1):
            row = self._store.get(ANONYMOUS_CLICKS.table, segment_key(segment) + id_key(click_id))
            if row is not None:
                self._segments[click_id] = segment
                return ANONYMOUS_CLICKS.unpack(row)
        return AnonymousClicks()
