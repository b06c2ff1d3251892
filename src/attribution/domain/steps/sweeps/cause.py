"""The cause of a sweep: what it works with, and what it must say."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.order_update import OrderUpdate
from attribution.domain.steps.ports import AttributeState, DependentOrder


class SweepScope(NamedTuple):
    """The state, the update of an order, and how long a finished order is kept (ms)."""

    state: AttributeState
    update: OrderUpdate
    order_age_ms: int


class SweepCause(Protocol):
    """A cause of a sweep. It is stored in the state, so that the sweep resumes after a restart."""

    def orders(self, scope: SweepScope, done_to: DependentOrder | None, /) -> Iterator[DependentOrder]:
        """Yield the orders that the cause may change, in order, from ``done_to`` on (None: all)."""
        ...

    def derive(self, scope: SweepScope, at: int, buyer: Buyer, order: Order) -> None:
        """Derive an order again, and publish what is new. ``at`` is the first field of its place."""
        ...
