"""The rows of an order: one for its standing decision, terms and ledger, and one for each fact."""

from typing import Final

import msgspec
from msgspec.structs import astuple

from attribution.domain.commissions.state import Ledger, OrderTerms
from attribution.domain.decisions.standing import StandingDecision
from attribution.domain.orders.order import Fact
from attribution.domain.records.events import OrderEvent
from attribution.domain.steps.buyer import Order

_DECODE_EVENT: Final = msgspec.json.Decoder(OrderEvent).decode


class StoredOrder(msgspec.Struct, frozen=True, array_like=True):
    """An order without its facts. ``refused`` are the event_ids of its dead letters."""

    order_id: str
    refused: list[str]
    standing: StandingDecision | None
    terms: OrderTerms | None
    ledger: Ledger


class StoredFact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event of an order, as it was read: a row of its own, since a broker accepts large ones."""

    timestamp: int
    partition: int
    offset: int
    key: str | None
    value: bytes


def stored_order(order: Order) -> StoredOrder:
    """Return the row of an order."""
    return StoredOrder(order.order_id, sorted(order.facts.refused), order.standing, order.terms, order.ledger)


def order_of(stored: StoredOrder) -> Order:
    """Return the order of a row, without its facts."""
    order = Order(stored.order_id)
    order.facts.refused = set(stored.refused)
    order.standing = stored.standing
    order.terms = stored.terms
    order.ledger = stored.ledger
    return order


def stored_fact(fact: Fact) -> StoredFact:
    """Return the row of an order's fact."""
    return StoredFact(fact.timestamp, fact.partition, fact.offset, fact.key, fact.value)


def fact_of(stored: StoredFact) -> Fact:
    """Return the fact of a row."""
    event = _DECODE_EVENT(stored.value)
    return Fact(stored.timestamp, event.occurred_at, event.event_id, event, *astuple(stored)[1:])
