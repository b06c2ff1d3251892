"""Which orders depend on which reference records: an index in memory, one row an order in the store."""

from collections import defaultdict
from typing import Final

from attribution.domain.references.dependencies import depends
from attribution.domain.steps.ports import DependentOrder
from attribution.engine.segments import segment_key, segment_of
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor import layout

_TABLE: Final = "watched"


class Dependents:
    """The orders, and what each depends on as packed fingerprints, in buckets of time that expire as a whole.

    A version is asked after from when it is in force: seldom many orders were placed since then. They are looked
    through one by one, at about a microsecond each, which keeps what an order costs small: four bytes a link.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._segments: defaultdict[int, dict[DependentOrder, bytes]] = defaultdict(dict)
        self._unwritten: dict[DependentOrder, bytes] = {}
        self._latest = 0
        for key, row in store.scan(_TABLE, b"", b"\xff"):
            buyer_id, order_id = layout.split_ids(key, 12)
            self._index((int.from_bytes(key[4:12], "big"), buyer_id, order_id), row)

    def add(self, dependencies: bytes, order: DependentOrder) -> None:
        """Note what an order depends on."""
        self._index(order, dependencies)
        self._unwritten[order] = dependencies

    def of(self, records: set[int], placed_from: int) -> list[DependentOrder]:
        """Return the orders placed from a time on that depend on any of the records, in order."""
        if placed_from > self._latest:
            return []
        first = segment_of(placed_from)
        return sorted(
            order
            for segment, orders in self._segments.items()
            if segment >= first
            for order, dependencies in orders.items()
            if order[0] >= placed_from and depends(dependencies, records)
        )

    def drop_before(self, segment: int) -> None:
        """Forget the orders of expired buckets."""
        self._store.drop(_TABLE, b"", segment_key(segment))
        for expired in [version for version in self._segments if version < segment]:
            del self._segments[expired]

    def flush(self, write_batch: WriteBatch | None) -> None:
        """Move new rows to the unit of work; without one they are not needed."""
        if write_batch is not None:
            for order, dependencies in self._unwritten.items():
                placed_at, buyer_id, order_id = order
                key = segment_key(segment_of(placed_at)) + layout.time_key(placed_at)
                write_batch.put(_TABLE, key + layout.id_key(buyer_id) + layout.id_key(order_id), dependencies)
        self._unwritten.clear()

    def _index(self, order: DependentOrder, dependencies: bytes) -> None:
        self._latest = max(self._latest, order[0])
        self._segments[segment_of(order[0])][order] = dependencies
