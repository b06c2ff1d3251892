"""The tables of the attribute and commission step, and the clock."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.orders.order import Fact
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.references.version import ReferenceVersion
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweep import Sweep
from attribution.domain.touches.interaction import NEVER, Interaction
from attribution.engine.cache import Cache
from attribution.engine.segments import SEGMENT_MS, segment_key, segment_of
from attribution.engine.stores.store import Store, after_prefix
from attribution.engine.tables import OrderedTable, WriteBatch
from attribution.processor import layout
from attribution.processor.dependents import Dependents
from attribution.processor.persistence import Persistence

_ORDERS: Final = "orders"
_FACTS: Final = "facts"
_VERSIONS: Final = "versions"
_CLOCK: Final = "clock"
_SWEEP: Final = "sweep"
_ORDER_WEIGHT: Final = 10
"""The weight of an order in the cache, in touches."""


class _Clock(msgspec.Struct, array_like=True):
    """Stream time, the latest tick (both ms), and the segment before which everything has expired."""

    stream_time: int = 0
    now: int = 0
    retention_start: int = 0


class _Kept(msgspec.Struct, array_like=True):
    """Which interactions the store holds.

    ``retention_start`` is the first segment kept. ``segments`` are those with rows. ``units`` counts the
    units of work that wrote interactions.
    """

    retention_start: int = 0
    segments: list[int] = msgspec.field(default_factory=list)
    units: int = 0


class _StoredVersion(msgspec.Struct, array_like=True, frozen=True):
    topic: str
    timestamp: int
    offset: int
    record: bytes


class AttributeTables:
    """Buyers with their orders, the reference catalogue, the dependents, and the timers.

    Buyers stay decoded in memory up to ``cache_touches`` (None: all of them). ``persistence`` says whether
    interactions, orders and versions are written to the store at the end of a unit of work. Timers always
    are, since they are scanned in order.
    """

    def __init__(
        self, store: Store, catalogue: Catalogue, cache_touches: int | None, persistence: Persistence
    ) -> None:
        self._store = store
        self.catalogue = catalogue
        self.snapshots = SnapshotCache(catalogue)
        self._persistence = persistence
        self._buyers: Cache[Buyer] = Cache(self._load, _weigh, cache_touches)
        self._dependents = Dependents(store)
        self._timers = OrderedTable(store, "reminders")
        self._due_next = 0
        self._interactions: list[tuple[str, Interaction]] = []
        self._orders: dict[tuple[str, str], Order | None] = {}
        self._facts: dict[tuple[str, str, str], Fact | None] = {}
        self._versions: list[tuple[str, ReferenceVersion[Any]]] = []
        clock = store.get(_CLOCK, b"")
        self._clock = _Clock() if clock is None else msgspec.msgpack.decode(clock, type=_Clock)
        self._began_empty = clock is None
        kept = store.get(layout.KEPT, b"")
        self._kept = _Kept() if kept is None else msgspec.msgpack.decode(kept, type=_Kept)
        self._retention_start = self._clock.retention_start
        self._expires_next = 0
        self.stream_time = self._clock.stream_time
        self.now = self._clock.now
        sweep = store.get(_SWEEP, b"")
        self.sweep = None if sweep is None else msgspec.msgpack.decode(sweep, type=Sweep)
        self._written_sweep = self.sweep
        self._restore_versions()

    def buyer(self, buyer_id: str) -> Buyer:
        """Return a buyer without expired interactions."""
        buyer = self._buyers.get(buyer_id)
        if self.stream_time >= self._expires_next:
            self._advance()
        if buyer.retention_start < self._retention_start:
            buyer.history.forget_before(self._retention_start * SEGMENT_MS)
            buyer.retention_start = self._retention_start
        return buyer

    def save_interactions(self, buyer: Buyer, interactions: Iterable[Interaction]) -> None:
        """Save new or changed interactions."""
        if self._persistence.interactions:
            buyer_id = buyer.buyer_id
            self._interactions += [(buyer_id, interaction) for interaction in interactions]

    def save_order(self, buyer: Buyer, order: Order) -> None:
        """Save a new or changed order."""
        self._orders[buyer.buyer_id, order.order_id] = order

    def save_fact(self, buyer: Buyer, order: Order, fact: Fact) -> None:
        """Save a new fact of an order."""
        self._facts[buyer.buyer_id, order.order_id, fact.event_id] = fact

    def forget_order(self, buyer: Buyer, order: Order) -> None:
        """Drop an order and its facts."""
        self._orders[buyer.buyer_id, order.order_id] = None
        self._facts |= dict.fromkeys(
            (buyer.buyer_id, order.order_id, event_id) for event_id in order.facts.by_id
        )

    def save_version(self, topic: str, version: ReferenceVersion[Any]) -> None:
        """Save a reference version."""
        self._versions.append((topic, version))

    def save_dependencies(self, dependencies: bytes, placed_at: int, buyer_id: str, order_id: str) -> None:
        """Save which reference records an order depends on, as packed fingerprints."""
        self._dependents.add(dependencies, (placed_at, buyer_id, order_id))

    def dependents(self, records: set[int], placed_from: int) -> list[DependentOrder]:
        """Return the orders placed from a time (ms) on that depend on any of the records, in order."""
        return self._dependents.of(records, placed_from)

    def schedule(self, due: int, buyer_id: str, order_id: str) -> None:
        """Schedule an order for the tick that reaches a time (ms)."""
        self._due_next = min(self._due_next, due)
        self._timers.put(layout.time_key(due) + layout.id_key(buyer_id) + layout.id_key(order_id))

    def pop_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Remove and yield (due, buyer_id, order_id) of all timers up to now (ms), in order."""
        if now < self._due_next:
            return
        for key in self._timers.scan(b"", layout.time_key(now + 1)):
            self._timers.delete(key)
            yield (_due(key), *_two_ids(key, 8))
        first = self._timers.first()
        self._due_next = NEVER if first is None else _due(first)

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes since the last flush to the unit of work."""
        self._flush_interactions(write_batch)
        if self._persistence.orders:
            self._flush_orders(write_batch)
        if self._persistence.versions:
            for topic, version in self._versions:
                write_batch.put(_VERSIONS, _version_key(version), _pack_version(topic, version))
        self._interactions, self._orders, self._facts, self._versions = [], {}, {}, []
        self._dependents.flush(write_batch if self._persistence.orders else None)
        self._timers.write()
        self._flush_sweep(write_batch)
        self._flush_clock(write_batch)

    def _flush_orders(self, write_batch: WriteBatch) -> None:
        for (buyer_id, order_id), order in self._orders.items():
            key = layout.id_key(buyer_id) + layout.id_key(order_id)
            write_batch.put(_ORDERS, key, None if order is None else layout.pack_order(order))
        for ids, fact in self._facts.items():
            key = b"".join(map(layout.id_key, ids))
            write_batch.put(_FACTS, key, None if fact is None else layout.pack_fact(fact))

    def trim(self) -> None:
        """Evict buyers beyond the cache's limit. Call this when everything is written."""
        self._buyers.trim()

    def sizes(self) -> dict[str, int]:
        """Return how many buyers are decoded in memory, and their weight in touches."""
        return {"buyers": len(self._buyers), "touches": self._buyers.weight}

    def retention_start(self) -> int:
        """Return the first segment that is kept.

        One segment more than the horizon requires is kept, for records that arrive out of order.
        """
        if self.stream_time >= self._expires_next:
            self._advance()
        return self._retention_start

    def _advance(self) -> None:
        horizon_ms = self.catalogue.horizon_ms
        self._retention_start = max(self._retention_start, segment_of(self.stream_time - horizon_ms) - 1)
        self._expires_next = (self._retention_start + 2) * SEGMENT_MS + horizon_ms

    def evidence_complete_from(self) -> int:
        """Return the time (ms) from which on no touch has been dropped."""
        return self.retention_start() * SEGMENT_MS

    def _flush_interactions(self, write_batch: WriteBatch) -> None:
        """Write the interactions of a unit of work, one row per buyer and segment.

        If two rows hold the same interaction, the later row counts.
        """
        if not self._interactions:
            return
        batches: dict[tuple[int, str], list[Interaction]] = {}
        for buyer_id, interaction in self._interactions:
            batches.setdefault((segment_of(interaction.occurred_at), buyer_id), []).append(interaction)
        unit = layout.time_key(self._kept.units)
        for (segment, buyer_id), interactions in batches.items():
            key = segment_key(segment) + layout.id_key(buyer_id) + unit
            write_batch.put(layout.INTERACTIONS, key, layout.pack_interactions(interactions))
        self._kept.units += 1
        self._kept.segments = sorted({*self._kept.segments, *(segment for segment, _ in batches)})

    def _flush_sweep(self, write_batch: WriteBatch) -> None:
        if self.sweep is not self._written_sweep:
            write_batch.put(_SWEEP, b"", None if self.sweep is None else msgspec.msgpack.encode(self.sweep))
            self._written_sweep = self.sweep

    def _flush_clock(self, write_batch: WriteBatch) -> None:
        kept, retention_start = self._kept, self.retention_start()
        if retention_start > kept.retention_start:
            for table in layout.EXPIRING:
                self._store.drop(table, b"", segment_key(retention_start))
            self._dependents.drop_before(retention_start)
            kept.retention_start = retention_start
            kept.segments = [segment for segment in kept.segments if segment >= retention_start]
        write_batch.put(layout.KEPT, b"", msgspec.msgpack.encode(kept))
        self._clock = _Clock(self.stream_time, self.now, retention_start)
        write_batch.put(_CLOCK, b"", msgspec.msgpack.encode(self._clock))

    def _load(self, buyer_id: str) -> Buyer:
        buyer = Buyer(buyer_id)
        buyer.retention_start = self.retention_start()
        if self._began_empty and not self._buyers.may_have_evicted(buyer_id):
            return buyer
        owner = layout.id_key(buyer_id)
        for segment in self._kept.segments:
            prefix = segment_key(segment) + owner
            for _, row in self._store.scan(layout.INTERACTIONS, prefix, after_prefix(prefix)):
                for interaction in layout.unpack_interactions(row):
                    buyer.history.restore(interaction)
        for _, row in self._store.scan(_ORDERS, owner, after_prefix(owner)):
            order = layout.unpack_order(row)
            buyer.orders[order.order_id] = order
            self._load_facts(owner, order)
            if order.standing is not None:
                buyer.latest_placed = max(buyer.latest_placed, order.standing.placed_at)
        return buyer

    def _load_facts(self, owner: bytes, order: Order) -> None:
        prefix = owner + layout.id_key(order.order_id)
        for _, row in self._store.scan(_FACTS, prefix, after_prefix(prefix)):
            fact = layout.unpack_fact(row)
            order.facts.by_id[fact.event_id] = fact

    def _restore_versions(self) -> None:
        stored = [
            msgspec.msgpack.decode(row, type=_StoredVersion)
            for _, row in self._store.scan(_VERSIONS, b"", b"\xff")
        ]
        for version in stored:
            record = msgspec.json.decode(version.record, type=BY_NAME[version.topic].record)
            self.catalogue.add(version.topic, record, version.timestamp, version.offset)


def _weigh(buyer: Buyer) -> int:
    return 1 + len(buyer.history) + _ORDER_WEIGHT * len(buyer.orders)


def _due(reminder: bytes) -> int:
    return int.from_bytes(reminder[:8], "big")


def _two_ids(key: bytes, start: int) -> tuple[str, str]:
    buyer_id, order_id = layout.split_ids(key, start)
    return buyer_id, order_id


def _version_key(version: ReferenceVersion[Any]) -> bytes:
    return (
        version.name.encode()
        + b"\0"
        + layout.time_key(max(version.timestamp, 0))
        + layout.time_key(version.offset)
    )


def _pack_version(topic: str, version: ReferenceVersion[Any]) -> bytes:
    record = msgspec.json.encode(version.record)
    return msgspec.msgpack.encode(_StoredVersion(topic, version.timestamp, version.offset, record))
