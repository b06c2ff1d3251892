"""The events of a generated order: created, paid (more than once), refunded, received, settled, closed."""

from typing import Any, Final

from .plan import Plan
from .scribe import BASE, HOUR, MINUTE, Scribe
from .world import CURRENCIES, LATE_LOCKS, MERCHANTS, ORDER_DELAY, PRODUCTS, ROOMS

AMOUNTS: Final = (0, 7, 99, 1_000, 1_000, 1_001, 5_555, 12_345, 12_345, 99_999, 1_000_000_007, 9 * 10**14)


def lifecycle(scribe: Scribe, order: Plan) -> None:
    currency, amount = scribe.pick(*CURRENCIES), scribe.pick(*AMOUNTS)
    if scribe.chance(40):
        pay(scribe, order, "created", scribe.pick(*CURRENCIES), amount)
    for _ in range(scribe.pick(0, 1, 1, 1, 1, 1, 1, 1, 2, 3)):
        pay(scribe, order, "paid", currency if scribe.chance(90) else scribe.pick(*CURRENCIES), amount)
    refunds(scribe, order, currency, amount)
    if scribe.chance(60):
        receive(scribe, order, currency)
    if scribe.chance(30):
        settle(scribe, order, currency)
    if scribe.chance(10):
        at = order.placed_at + scribe.pick(0, HOUR, 9 * HOUR)
        change(scribe, order, "closed", at, at + scribe.lag(), currency=named(scribe, currency))


def named(scribe: Scribe, currency: str) -> str | None:
    """Return no currency, the order's, or sometimes another one."""
    return scribe.pick(None, None, None, currency, currency, currency, currency, scribe.pick(*CURRENCIES))


def change(scribe: Scribe, order: Plan, kind: str, occurred_at: int, timestamp: int, **fields: Any) -> None:
    value = {
        "event_id": scribe.event_id(f"orders:{order.buyer_id}"),
        "occurred_at": max(occurred_at, BASE - ORDER_DELAY),
        "order_id": order.order_id,
        "buyer_id": order.buyer_id,
        "type": kind,
        **fields,
    }
    scribe.event("orders", timestamp, value)


def paid_timestamp(scribe: Scribe, order: Plan) -> int:
    """Mostly at once; on the edge of TOO_LATE for old ones; at times after the lock would have been."""
    if order.placed_at < BASE:
        return order.placed_at + ORDER_DELAY + scribe.pick(-1_000, 0, 0, 1)
    if scribe.chance(15):
        return order.placed_at + scribe.beside(scribe.pick(*LATE_LOCKS))
    return order.placed_at + scribe.pick(0, 0, 0, 1_000, 5_000, -10 * MINUTE)


def pay(scribe: Scribe, order: Plan, kind: str, currency: str, amount: int) -> None:
    odd = scribe.chance(10)
    placed_at = order.placed_at + (scribe.pick(-1, 1, MINUTE) if odd else 0)
    facts = {
        "placed_at": placed_at,
        "merchant_id": scribe.pick(*MERCHANTS) if odd else order.merchant_id,
        "product_id": scribe.pick(*PRODUCTS) if odd else order.product_id,
        "room_id": scribe.pick(*ROOMS) if odd else order.room_id,
        "quantity": scribe.pick(0, 1, 3),
        "currency": currency,
        "paid_amount": amount,
        "commissionable_amount": scribe.pick(
            None, None, None, amount // 2, amount + 13, amount // 3, None, 0
        ),
        "carrier": "live",
    }
    occurred_at = order.placed_at + scribe.pick(0, 0, 1, 1_000)
    change(scribe, order, kind, occurred_at, paid_timestamp(scribe, order), **facts)


def refunds(scribe: Scribe, order: Plan, currency: str, amount: int) -> None:
    """Parts, some recorded twice with other amounts or as the other type, at times more than was paid."""
    for number in range(scribe.pick(0, 0, 0, 1, 2, 3)):
        part = scribe.pick(0, 1, amount // 7, amount // 3, amount // 3, amount // 2, amount)
        refunded_at = order.placed_at + scribe.pick(0, HOUR, 4 * HOUR, 20 * HOUR)
        for _ in range(scribe.pick(1, 1, 2, 3)):
            kind = scribe.pick("refunded", "refunded", "chargeback")
            occurred_at = refunded_at + scribe.pick(0, 0, -1, 1)
            fields = {"refund_id": f"{order.order_id}-{number}", "currency": named(scribe, currency)}
            amount_seen = max(0, part + scribe.pick(0, 0, -1, 1))
            timestamp = refunded_at + scribe.pick(0, 0, 0, 1_000)
            amounts = {"refund_amount": amount_seen}
            change(scribe, order, kind, occurred_at, timestamp, **fields, **amounts)


def receive(scribe: Scribe, order: Plan, currency: str) -> None:
    for _ in range(scribe.pick(1, 1, 2)):
        occurred_at = order.received_at + scribe.pick(0, 0, 0, -1, 1, HOUR)
        timestamp = occurred_at + scribe.lag()
        change(scribe, order, "received", occurred_at, timestamp, currency=named(scribe, currency))


def settle(scribe: Scribe, order: Plan, currency: str) -> None:
    """Half of them early: they move the lock, to the very millisecond of some touch's record."""
    for _ in range(scribe.pick(1, 1, 2)):
        early = order.placed_at + scribe.pick(-MINUTE, 0, 1_000, 5_000, HOUR, *LATE_LOCKS)
        occurred_at = scribe.pick(early, order.placed_at + 12 * HOUR)
        timestamp = scribe.beside(occurred_at)
        change(scribe, order, "settled", occurred_at, timestamp, currency=named(scribe, currency))
