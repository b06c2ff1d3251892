"""An order's life as the ledger sees it: what was refunded, whether it was received, closed, settled."""

from collections.abc import Iterable
from typing import NamedTuple

from attribution.domain.orders.order import Fact, Order
from attribution.domain.records.events import (
    OrderChargeback,
    OrderClosed,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
)


class Life(NamedTuple):
    """What has happened to an order; ``settles_at`` is when a tick settles it, if one ever does."""

    refunded: int
    is_closed: bool
    received_at: int | None
    is_settled: bool
    settles_at: int | None


def life_of(order: Order, paid: OrderPaid, now: int) -> Life:
    """Read an order's life off its facts; events that name another currency do not count."""
    facts = [fact for fact in order.facts.values() if fact.event.currency in (None, paid.currency)]
    received = [fact.occurred_at for fact in facts if isinstance(fact.event, OrderReceived)]
    received_at = min(received, default=None)
    after_ms = order.standing.settle_after_ms if order.standing else None
    settles_at = None if received_at is None or after_ms is None else received_at + after_ms
    is_settled = any(isinstance(fact.event, OrderSettled) for fact in facts)
    return Life(
        refunded=_refunded(facts),
        is_closed=any(isinstance(fact.event, OrderClosed) for fact in facts),
        received_at=received_at,
        is_settled=is_settled or (settles_at is not None and settles_at <= now),
        settles_at=settles_at,
    )


def _refunded(facts: Iterable[Fact]) -> int:
    """Sum refunds and chargebacks, one a refund_id: of several the first recorded counts."""
    amounts: dict[str, int] = {}
    for fact in sorted(facts, key=lambda fact: fact[:3]):
        if isinstance(fact.event, OrderRefunded | OrderChargeback):
            amounts.setdefault(fact.event.refund_id, fact.event.refund_amount)
    return sum(amounts.values())
