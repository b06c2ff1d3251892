"""The state of the stitch step, in tables."""

from typing import Final

from attribution.domain.clicks.anonymous import Thread
from attribution.engine.cache import Cache
from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor import layout as rows
from attribution.processor.attribute_state import AttributeTables, Keeping

_NEWEST: Final = "newest-thread"
_KEPT_THREADS: Final = 50_000


class StitchTables:
    """Threads by click_id. A row lies in the bucket of the newest time in its thread, and expires with it.

    In one process it shares the clock and the horizon of the step that it forwards to.
    """

    def __init__(self, store: Store, clock: AttributeTables, keeping: Keeping) -> None:
        self._store = store
        self._clock = clock
        self._is_kept = keeping.orders
        self._threads: Cache[Thread] = Cache(
            self._load, lambda _: 1, _KEPT_THREADS if self._is_kept else None
        )
        self._segments: dict[str, int] = {}
        self._changed: dict[str, Thread] = {}
        newest = store.get(_NEWEST, b"")
        self._began_empty = newest is None
        self._newest = -1 if newest is None else int.from_bytes(newest, "big")

    def thread(self, click_id: str) -> Thread:
        """Return what is known under a click_id."""
        thread = self._threads.get(click_id)
        if segment_of(thread.newest) < self._clock.kept_from():
            thread.forget()
        return thread

    def save_thread(self, click_id: str, thread: Thread) -> None:
        """Keep a changed thread."""
        self._changed[click_id] = thread

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes since the last flush to the unit of work."""
        if not self._is_kept:
            self._changed = {}
        for click_id, thread in self._changed.items():
            segment = segment_of(thread.newest)
            before = self._segments.get(click_id)
            if before is not None and before != segment:
                write_batch.put(rows.THREADS, segment_key(before) + rows.id_key(click_id), None)
            self._segments[click_id] = segment
            self._note(segment, write_batch)
            write_batch.put(
                rows.THREADS, segment_key(segment) + rows.id_key(click_id), rows.pack_thread(thread)
            )
        self._changed = {}

    def _note(self, segment: int, write_batch: WriteBatch) -> None:
        """Note how far rows reach: this step may be far ahead of the one that it forwards to."""
        if segment > self._newest:
            self._newest = segment
            write_batch.put(_NEWEST, b"", segment_key(segment))

    def trim(self) -> None:
        """Let go of threads beyond the cache's limit; call when everything is written."""
        self._threads.trim()
        if len(self._segments) > 2 * _KEPT_THREADS:
            self._segments = {i: segment for i, segment in self._segments.items() if i in self._threads}

    def _load(self, click_id: str) -> Thread:
        if self._began_empty and not self._threads.may_have_evicted(click_id):
            return Thread()
        for segment in range(self._clock.kept_from(), self._newest + 1):
            row = self._store.get(rows.THREADS, segment_key(segment) + rows.id_key(click_id))
            if row is not None:
                self._segments[click_id] = segment
                return rows.unpack_thread(row)
        return Thread()
