"""An order's lifecycle: refunds, receipt, closing and settlement."""

from collections.abc import Iterable
from typing import NamedTuple

from attribution.domain.orders.order import Fact, OrderFacts
from attribution.domain.records.events import (
    OrderChargeback,
    OrderClosed,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
)


class OrderLifecycle(NamedTuple):
    """What has happened to an order.

    ``refunded`` is in minor units. ``settles_at`` is when a tick settles the order (ms), or None if no tick
    does.
    """

    refunded: int
    is_closed: bool
    received_at: int | None
    is_settled: bool
    settles_at: int | None


def lifecycle_of(facts: OrderFacts, paid: OrderPaid, settle_after_ms: int | None, now: int) -> OrderLifecycle:
    """Derive an order's lifecycle from its facts; events that name another currency do not count.

    Args:
        facts: all events of the order.
        paid: the paid event that counts.
        settle_after_ms: how long after receipt a tick settles the order; None for never.
        now: the latest tick (ms).
    """
    counted = [fact for fact in facts.by_id.values() if fact.event.currency in (None, paid.currency)]
    received = [fact.occurred_at for fact in counted if isinstance(fact.event, OrderReceived)]
    received_at = min(received, default=None)
    settles_at = None if received_at is None or settle_after_ms is None else received_at + settle_after_ms
    is_settled = any(isinstance(fact.event, OrderSettled) for fact in counted)
    return OrderLifecycle(
        refunded=_refunded(counted),
        is_closed=any(isinstance(fact.event, OrderClosed) for fact in counted),
        received_at=received_at,
        is_settled=is_settled or (settles_at is not None and settles_at <= now),
        settles_at=settles_at,
    )


def _refunded(facts: Iterable[Fact]) -> int:
    """Return the sum of refunds and chargebacks; per refund_id, the first recorded counts."""
    amounts: dict[str, int] = {}
    for fact in sorted(facts, key=lambda fact: fact[:3]):
        if isinstance(fact.event, OrderRefunded | OrderChargeback):
            amounts.setdefault(fact.event.refund_id, fact.event.refund_amount)
    return sum(amounts.values())
