"""The lock of an order, and the evidence up to it (contract, section 3)."""

from dataclasses import dataclass
from typing import Any

from attribution.domain.records.events import Click, OrderPaid, OrderSettled, RoomEntry
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter

from .reading import Fact
from .references import References
from .touches import Touch


@dataclass(frozen=True)
class Evidence:
    """Everything that the decision of one order may read."""

    paid: OrderPaid
    clicks: list[Click]
    entries: list[RoomEntry]
    references: References

    @property
    def policy(self) -> Policy:
        return self.references.policy(self.paid.placed_at)

    def link(self, touch: Touch) -> Link | None:
        return self.references.link(touch.link_id, touch.occurred_at)

    def promoter(self, touch: Touch) -> Promoter | None:
        link = self.link(touch)
        return None if link is None else self.references.promoter(link.promoter_id, touch.occurred_at)

    def campaign(self, touch: Touch) -> Campaign | None:
        """Return the terms of the touch's campaign at the time the order was placed."""
        link = self.link(touch)
        return None if link is None else self.references.campaign(link.campaign_id, self.paid.placed_at)

    def creator_of(self, room_id: str | None) -> str | None:
        room = self.references.room(room_id, self.paid.placed_at)
        return None if room is None else room.creator_id


def rank(fact: Fact) -> tuple[int, int, bytes]:
    return (fact.timestamp, fact.event.occurred_at, fact.event.event_id.encode())


def paid_fact(order_facts: list[Fact]) -> Fact | None:
    paid = [fact for fact in order_facts if isinstance(fact.event, OrderPaid)]
    return min(paid, key=rank, default=None)


def in_currency(order_facts: list[Fact], currency: str) -> list[Fact]:
    """Return the events that name no other currency."""
    return [fact for fact in order_facts if getattr(fact.event, "currency", None) in {None, currency}]


def lock(paid: Fact, order_facts: list[Fact], references: References) -> int:
    placed_at: int = paid.event.placed_at
    ends: list[int] = [placed_at + references.known_at(paid.timestamp).policy(placed_at).late_lock_ms]
    ends += [fact.timestamp for fact in order_facts if isinstance(fact.event, OrderSettled)]
    return max(paid.timestamp, min(ends))


def evidence(paid: Fact, locked_at: int, facts: list[Fact], references: References) -> Evidence:
    def seen(topic: str) -> list[Any]:
        return [fact.event for fact in facts if fact.topic == topic and fact.timestamp <= locked_at]

    return Evidence(paid.event, seen("clicks"), seen("room-entries"), references.known_at(locked_at))
