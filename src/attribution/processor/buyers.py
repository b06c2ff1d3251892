"""The buyers of the state: their histories and orders, decoded in a cache, with rows in the store."""

from collections.abc import Iterable
from typing import Final

from attribution.domain.orders.order import Fact
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.touches.interaction import Interaction
from attribution.engine.cache import Cache
from attribution.engine.segments import SEGMENT_MS
from attribution.engine.stores.store import Store, after_prefix
from attribution.engine.tables import WriteBatch
from attribution.processor.clock import StateClock
from attribution.processor.interactions import InteractionRows
from attribution.processor.layout.keys import id_key
from attribution.processor.layout.orders import fact_of, order_of, stored_fact, stored_order
from attribution.processor.layout.rows import FACTS, ORDERS
from attribution.processor.persistence import Persistence

_ORDER_WEIGHT: Final = 10
"""The weight of an order in the cache, in touches."""


class Buyers:
    """Buyers with their orders. They stay decoded in memory up to ``cache_touches`` (None: all of them).

    ``persistence`` says whether interactions and orders are written to the store at the end of a unit of
    work.
    """

    def __init__(
        self, store: Store, clock: StateClock, cache_touches: int | None, persistence: Persistence
    ) -> None:
        self._store = store
        self._clock = clock
        self._persistence = persistence
        self._cache: Cache[Buyer] = Cache(self._load, _weigh, cache_touches)
        self._interactions = InteractionRows(store)
        self._orders: dict[tuple[str, str], Order | None] = {}
        self._facts: dict[tuple[str, str, str], Fact | None] = {}

    def get(self, buyer_id: str) -> Buyer:
        """Return a buyer without expired interactions."""
        buyer = self._cache.get(buyer_id)
        retention_start = self._clock.retention_start()
        if buyer.retention_start < retention_start:
            buyer.history.forget_before(retention_start * SEGMENT_MS)
            buyer.retention_start = retention_start
        return buyer

    def save_interactions(self, buyer: Buyer, interactions: Iterable[Interaction]) -> None:
        """Save new or changed interactions."""
        if self._persistence.interactions:
            self._interactions.save(buyer.buyer_id, interactions)

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

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes since the last flush to the unit of work."""
        self._interactions.flush(write_batch)
        if self._persistence.orders:
            self._flush_orders(write_batch)
        self._orders, self._facts = {}, {}

    def drop_before(self, segment: int, write_batch: WriteBatch) -> bool:
        """Record that a segment is the first one whose interactions are kept; return whether that is new."""
        return self._interactions.drop_before(segment, write_batch)

    def trim(self) -> None:
        """Evict buyers beyond the cache's limit. Call this when everything is written."""
        self._cache.trim()

    def sizes(self) -> dict[str, int]:
        """Return how many buyers are decoded in memory, and their weight in touches."""
        return {"buyers": len(self._cache), "touches": self._cache.weight}

    def _flush_orders(self, write_batch: WriteBatch) -> None:
        for (buyer_id, order_id), order in self._orders.items():
            row = None if order is None else ORDERS.pack(stored_order(order))
            write_batch.put(ORDERS.table, id_key(buyer_id) + id_key(order_id), row)
        for ids, fact in self._facts.items():
            row = None if fact is None else FACTS.pack(stored_fact(fact))
            write_batch.put(FACTS.table, b"".join(map(id_key, ids)), row)

    def _load(self, buyer_id: str) -> Buyer:
        buyer = Buyer(buyer_id)
        buyer.retention_start = self._clock.retention_start()
        if self._clock.began_empty and not self._cache.may_have_evicted(buyer_id):
            return buyer
        self._interactions.load(buyer_id, buyer.history)
        owner = id_key(buyer_id)
        for _, row in self._store.scan(ORDERS.table, owner, after_prefix(owner)):
            order = order_of(ORDERS.unpack(row))
            buyer.orders[order.order_id] = order
            self._load_facts(owner, order)
            if order.standing is not None:
                buyer.latest_placed = max(buyer.latest_placed, order.standing.placed_at)
        return buyer

    def _load_facts(self, owner: bytes, order: Order) -> None:
        prefix = owner + id_key(order.order_id)
        for _, row in self._store.scan(FACTS.table, prefix, after_prefix(prefix)):
            fact = fact_of(FACTS.unpack(row))
            order.facts.by_id[fact.event_id] = fact


def _weigh(buyer: Buyer) -> int:
    return 1 + len(buyer.history) + _ORDER_WEIGHT * len(buyer.orders)
