"""The clock of the state: stream time, the latest tick, and what has expired."""

from attribution.domain.references.catalogue import Catalogue
from attribution.engine.segments import SEGMENT_MS, segment_of
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor.layout.rows import CLOCK, StoredClock


class StateClock:
    """``stream_time`` is the latest record timestamp of an event, ``now`` the latest tick (both in ms)."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        row = store.get(CLOCK.table, b"")
        self.began_empty = row is None
        stored = StoredClock() if row is None else CLOCK.unpack(row)
        self.stream_time = stored.stream_time
        self.now = stored.now
        self._catalogue = catalogue
        self._retention_start = stored.retention_start
        self._expires_next = 0

    def retention_start(self) -> int:
        """Return the first segment that is kept.

        One segment more than the horizon requires is kept, for records that arrive out of order.
        """
        if self.stream_time >= self._expires_next:
            horizon_ms = self._catalogue.horizon_ms
            self._retention_start = max(self._retention_start, segment_of(self.stream_time - horizon_ms) - 1)
            self._expires_next = (self._retention_start + 2) * SEGMENT_MS + horizon_ms
        return self._retention_start

    def evidence_complete_from(self) -> int:
        """Return the time (ms) from which on no touch has been dropped."""
        return self.retention_start() * SEGMENT_MS

    def flush(self, write_batch: WriteBatch) -> None:
        """Move the clock to the unit of work."""
        stored = StoredClock(self.stream_time, self.now, self.retention_start())
        write_batch.put(CLOCK.table, b"", CLOCK.pack(stored))
