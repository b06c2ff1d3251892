"""An order as state: facts, and what was published from them."""

from collections.abc import Iterator
from typing import NamedTuple

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.orders.published import Ledger, Standing
from attribution.domain.records.events import OrderEvent, OrderPaid, OrderSettled


class Fact(NamedTuple):
    """An order event as read, in the order in which one of several is chosen.

    ``timestamp`` is the smallest record timestamp of the event and its copies; partition, offset, key and value are
    those of the record, for a dead letter in case that it turns out to be one.
    """

    timestamp: int
    occurred_at: int
    event_id: str
    event: OrderEvent
    partition: int
    offset: int
    key: str | None
    value: bytes


class Order:
    """The state of an order line: its facts by event_id, the decision that stands, what was posted.

    ``watched`` are the reference records that it was last noted to depend on, as fingerprints (None: not known).
    """

    __slots__ = ("facts", "ledger", "order_id", "refused", "standing", "watched")

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        self.facts: dict[str, Fact] = {}
        self.refused: set[str] = set()
        self.standing: Standing | None = None
        self.ledger = Ledger()
        self.watched: bytes | None = None

    def take(self, fact: Fact) -> bool:
        """Take in an event; tell whether it is news (a copy is not, unless it was recorded earlier).

        Raises:
            RefusedError: EVENT_ID_CLASH, when its event_id belongs to an event that differs.
        """
        known = self.facts.get(fact.event_id)
        if known is None:
            self.facts[fact.event_id] = fact
            return True
        if known.event != fact.event:
            raise RefusedError("EVENT_ID_CLASH", f"event_id {fact.event_id} belongs to a record that differs")
        if fact.timestamp >= known.timestamp:
            return False
        self.facts[fact.event_id] = fact
        return True

    def paid(self) -> Fact | None:
        """Return the paid event that counts: the smallest by (record timestamp, occurred_at, event_id)."""
        paid = [fact for fact in self.facts.values() if isinstance(fact.event, OrderPaid)]
        return min(paid, default=None, key=lambda fact: fact[:3])

    def settled_at(self, currency: str) -> int | None:
        """Return the smallest record timestamp of the settled events that do not name another currency."""
        settled = (fact for fact in self.facts.values() if isinstance(fact.event, OrderSettled))
        return min((f.timestamp for f in settled if f.event.currency in (None, currency)), default=None)

    def clashing(self, currency: str) -> Iterator[Fact]:
        """Yield the events that name another currency."""
        for fact in self.facts.values():
            if fact.event.currency not in (None, currency):
                yield fact
