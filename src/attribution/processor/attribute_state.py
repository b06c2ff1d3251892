"""The state of the attribute and commission step: its parts, flushed and expired together."""

from attribution.domain.records.reference import Policy
from attribution.engine.segments import segment_key
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor.buyers import Buyers
from attribution.processor.clock import StateClock
from attribution.processor.dependents import Dependents
from attribution.processor.layout.rows import EXPIRING, SWEEP
from attribution.processor.persistence import Persistence
from attribution.processor.reference_versions import ReferenceVersions
from attribution.processor.timers import Timers


class AttributeTables:
    """Buyers, reference versions, dependents, timers, the clock, and the sweep under way."""

    def __init__(
        self, store: Store, default_policy: Policy, cache_touches: int | None, persistence: Persistence
    ) -> None:
        self._store = store
        self._persistence = persistence
        self.references = ReferenceVersions(store, default_policy, is_persisted=persistence.versions)
        self.clock = StateClock(store, self.references.catalogue)
        self.buyers = Buyers(store, self.clock, cache_touches, persistence)
        self.dependents = Dependents(store)
        self.timers = Timers(store)
        row = store.get(SWEEP.table, b"")
        self.sweep = None if row is None else SWEEP.unpack(row)
        self._written_sweep = self.sweep

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes since the last flush to the unit of work, and drop what has expired."""
        self.buyers.flush(write_batch)
        self.references.flush(write_batch)
        self.dependents.flush(write_batch if self._persistence.orders else None)
        self.timers.flush()
        self._flush_sweep(write_batch)
        self._drop_expired(write_batch)
        self.clock.flush(write_batch)

    def _flush_sweep(self, write_batch: WriteBatch) -> None:
        if self.sweep is not self._written_sweep:
            row = None if self.sweep is None else SWEEP.pack(self.sweep)
            write_batch.put(SWEEP.table, b"", row)
            self._written_sweep = self.sweep

    def _drop_expired(self, write_batch: WriteBatch) -> None:
        retention_start = self.clock.retention_start()
        if self.buyers.drop_before(retention_start, write_batch):
            for table in EXPIRING:
                self._store.drop(table, b"", segment_key(retention_start))
            self.dependents.drop_before(retention_start)
