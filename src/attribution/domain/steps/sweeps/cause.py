"""The cause of a sweep: what it works with, and what it must say."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.order_update import OrderUpdate
from attribution.domain.steps.ports import AttributeState, DependentOrder, Output


class SweepScope(NamedTuple):
    """State, output, the update of an order, and how long a finished order is kept (ms)."""

    state: AttributeState
    output: Output
    update: OrderUpdate
    order_age_ms: int


class RunningSweep(Protocol):
    """A sweep at work: the cause with what it looks up once."""

    def orders(self, done_to: DependentOrder | None, /) -> Iterator[DependentOrder]:
        """Yield the orders that the cause may change, in order, after ``done_to`` (None: all)."""
        ...

    def derive(self, at: int, buyer: Buyer, order: Order) -> None:
        """Derive an order again, and publish what is new. ``at`` is the first field of its place."""
        ...


class SweepCause(Protocol):
    """A cause of a sweep. It is stored in the state, so that the sweep resumes after a restart."""

    def run(self, scope: SweepScope) -> RunningSweep:
        """Return the sweep at work."""
        ...
