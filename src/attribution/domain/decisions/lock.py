"""The lock: the record timestamp up to which evidence counts for an order (contract, section 3)."""

from attribution.domain.orders.order import Fact, OrderFacts
from attribution.domain.records.events import OrderPaid
from attribution.domain.references.catalogue import Catalogue


def lock_of(facts: OrderFacts, paid: Fact, catalogue: Catalogue) -> int:
    """Return the lock (ms): min(placed_at + late_lock_ms, first settled), but never before the paid event.

    All but placed_at are record timestamps. ``late_lock_ms`` comes from the policy in force at placed_at,
    among the records known when the paid event was recorded.
    """
    event = paid.event
    assert isinstance(event, OrderPaid)  # noqa: S101
    policy = catalogue.policy(event.placed_at, paid.timestamp).record
    lock = event.placed_at + policy.late_lock_ms
    settled_at = facts.settled_at(event.currency)
    if settled_at is not None:
        lock = min(lock, settled_at)
    return max(lock, paid.timestamp)


def is_too_late(event: OrderPaid, timestamp: int, catalogue: Catalogue) -> int | None:
    """Return by how many ms a paid event exceeds max_order_delay_ms, or None if it does not."""
    policy = catalogue.policy(event.placed_at, timestamp).record
    excess = timestamp - event.placed_at - policy.longest_order_delay_ms
    return excess if excess > 0 else None
