"""The interactions of buyers in the store: one row per buyer, segment and unit of work."""

from collections.abc import Iterable

from attribution.domain.touches.history import History
from attribution.domain.touches.interaction import Interaction
from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store, after_prefix
from attribution.engine.tables import WriteBatch
from attribution.processor.layout.interactions import Kept, interactions_of, stored_interactions
from attribution.processor.layout.keys import id_key, time_key
from attribution.processor.layout.rows import INTERACTIONS, KEPT


class InteractionRows:
    """Writes and reads interactions. If two rows hold the same interaction, the later row counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: list[tuple[str, Interaction]] = []
        row = store.get(KEPT.table, b"")
        self._kept = Kept() if row is None else KEPT.unpack(row)

    def save(self, buyer_id: str, interactions: Iterable[Interaction]) -> None:
        """Save new or changed interactions of a buyer."""
        self._unwritten += [(buyer_id, interaction) for interaction in interactions]

    def load(self, buyer_id: str, history: History) -> None:
        """Restore a buyer's history from the rows."""
        for segment in self._kept.segments:
            prefix = segment_key(segment) + id_key(buyer_id)
            for _, row in self._store.scan(INTERACTIONS.table, prefix, after_prefix(prefix)):
                for interaction in interactions_of(INTERACTIONS.unpack(row)):
                    history.restore(interaction)

    def flush(self, write_batch: WriteBatch) -> None:
        """Move the interactions saved since the last flush to the unit of work."""
        if self._unwritten:
            self._write(write_batch)
            self._unwritten = []

    def drop_before(self, segment: int, write_batch: WriteBatch) -> bool:
        """Record that a segment is the first one kept; return whether that is new."""
        kept = self._kept
        is_new = segment > kept.retention_start
        if is_new:
            kept.retention_start = segment
            kept.segments = [one for one in kept.segments if one >= segment]
        write_batch.put(KEPT.table, b"", KEPT.pack(kept))
        return is_new

    def _write(self, write_batch: WriteBatch) -> None:
        batches: dict[tuple[int, str], list[Interaction]] = {}
        for buyer_id, interaction in self._unwritten:
            batches.setdefault((segment_of(interaction.occurred_at), buyer_id), []).append(interaction)
        unit = time_key(self._kept.units)
        for (segment, buyer_id), interactions in batches.items():
            key = segment_key(segment) + id_key(buyer_id) + unit
            row = INTERACTIONS.pack(stored_interactions(interactions))
            write_batch.put(INTERACTIONS.table, key, row)
        self._kept.units += 1
        self._kept.segments = sorted({*self._kept.segments, *(segment for segment, _ in batches)})
