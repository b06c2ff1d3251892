"""Runs sweeps: a cause that concerns many orders is worked off one unit of work at a time."""

from collections.abc import Iterator

import msgspec

from attribution.domain.steps.ports import DependentOrder, Output
from attribution.domain.steps.sweeps.cause import SweepCause, SweepScope
from attribution.domain.steps.sweeps.sweep import StoredCause, Sweep, SweepState


class Sweeper:
    """Derives the orders of a sweep again, in order. Meanwhile no other record may be applied."""

    def __init__(self, sweeps: SweepState, output: Output, scope: SweepScope) -> None:
        self._sweeps = sweeps
        self._output = output
        self._scope = scope
        self._under_way: Iterator[DependentOrder] | None = None

    def begin(self, cause: StoredCause) -> None:
        """Begin a sweep, and continue like ``resume``."""
        self._sweeps.sweep = Sweep(cause)
        self.resume()

    def resume(self) -> None:
        """Resume the sweep, if there is one, until it is complete or the unit of work is full."""
        sweep = self._sweeps.sweep
        if sweep is None:
            return
        if self._under_way is None:
            self._under_way = self._derive(sweep)
        for done_to in self._under_way:
            if self._output.is_full():
                self._sweeps.sweep = msgspec.structs.replace(sweep, done_to=done_to)
                return
        self._sweeps.sweep = self._under_way = None

    def _derive(self, sweep: Sweep) -> Iterator[DependentOrder]:
        """Derive the orders again, one by one."""
        cause: SweepCause = sweep.cause
        running = cause.run(self._scope)
        for dependent in running.orders(sweep.done_to):
            at, buyer_id, order_id = dependent
            buyer = self._scope.state.buyers.get(buyer_id)
            order = buyer.orders.get(order_id)
            if order is not None:
                running.derive(at, buyer, order)
            yield dependent
