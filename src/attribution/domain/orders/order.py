"""The facts of an order: its events as read, and what follows from them alone."""

from collections.abc import Iterator
from typing import NamedTuple

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.records.events import OrderEvent, OrderPaid, OrderSettled


class Fact(NamedTuple):
    """An order event as read.

    If only one of several facts counts, it is the smallest by (timestamp, occurred_at, event_id).
    ``timestamp`` is the smallest record timestamp of the event and its copies. ``partition``, ``offset``,
    ``key`` and ``value`` are those of the record; a dead letter needs them.
    """

    timestamp: int
    occurred_at: int
    event_id: str
    event: OrderEvent
    partition: int
    offset: int
    key: str | None
    value: bytes


class OrderFacts:
    """The events of an order line by event_id; ``refused`` holds the ids of the dead letters among them."""

    __slots__ = ("by_id", "refused")

    def __init__(self) -> None:
        self.by_id: dict[str, Fact] = {}
        self.refused: set[str] = set()

    def apply(self, fact: Fact) -> bool:
        """Apply an event; return whether it changes the facts. A copy changes them only if recorded earlier.

        Raises:
            RefusedError: EVENT_ID_CLASH, if its event_id belongs to an event that differs.
        """
        known = self.by_id.get(fact.event_id)
        if known is None:
            self.by_id[fact.event_id] = fact
            return True
        if known.event != fact.event:
            raise RefusedError("EVENT_ID_CLASH", f"event_id {fact.event_id} belongs to a record that differs")
        if fact.timestamp >= known.timestamp:
            return False
        self.by_id[fact.event_id] = fact
        return True

    def paid(self) -> Fact | None:
        """Return the paid event that counts: the smallest by (record timestamp, occurred_at, event_id)."""
        paid = [fact for fact in self.by_id.values() if isinstance(fact.event, OrderPaid)]
        return min(paid, default=None, key=lambda fact: fact[:3])

    def settled_at(self, currency: str) -> int | None:
        """Return the smallest record timestamp (ms) of the settled events that name no other currency."""
        settled = (fact for fact in self.by_id.values() if isinstance(fact.event, OrderSettled))
        return min((f.timestamp for f in settled if f.event.currency in (None, currency)), default=None)

    def clashing(self, currency: str) -> Iterator[Fact]:
        """Yield the events that name another currency."""
        for fact in self.by_id.values():
            if fact.event.currency not in (None, currency):
                yield fact
