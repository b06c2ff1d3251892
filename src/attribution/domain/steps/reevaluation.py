"""Runs sweeps: a reference version or a tick updates many orders, one unit of work at a time."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from attribution.domain.commissions.ledger import Cause
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.orders.order import OrderFacts
from attribution.domain.records.events import OrderClosed
from attribution.domain.references.dependencies import fingerprints
from attribution.domain.references.version import ReferenceVersion
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.order_update import OrderUpdate
from attribution.domain.steps.ports import AttributeState, DependentOrder, Output
from attribution.domain.steps.sweep import TICKS, Sweep
from attribution.domain.touches.history import History


class Reevaluation:
    """Updates the orders of the state's sweep; ``order_age_ms`` is how long it keeps a finished order.

    While the state holds a sweep, no other record may be applied.
    """

    def __init__(self, state: AttributeState, output: Output, update: OrderUpdate, order_age_ms: int) -> None:
        self._state = state
        self._output = output
        self._update = update
        self._order_age_ms = order_age_ms
        self._under_way: Iterator[DependentOrder] | None = None

    def begin(self, sweep: Sweep) -> None:
        """Begin a sweep, and continue like ``resume``."""
        self._state.sweep = sweep
        self.resume()

    def resume(self) -> None:
        """Resume the sweep, if there is one, until it is complete or the unit of work is full."""
        sweep = self._state.sweep
        if sweep is None:
            return
        if self._under_way is None:
            self._under_way = self._settle_due(sweep) if sweep.topic == TICKS else self._rederive(sweep)
        for done_to in self._under_way:
            if self._output.is_full():
                self._state.sweep = msgspec.structs.replace(sweep, done_to=done_to)
                return
        self._state.sweep = self._under_way = None

    def _rederive(self, sweep: Sweep) -> Iterator[DependentOrder]:
        """Derive again the orders that a reference version may change, one by one."""
        catalogue, version, topic = self._state.references.snapshots.catalogue, sweep.version(), sweep.topic
        cause = Cause(f"{version.name}/{version.timestamp}", version.effective_from, "corrected")
        affected = fingerprints(catalogue.affected_by(topic, version.record))
        for dependent in self._state.dependents.of(affected, version.effective_from):
            placed_at, buyer_id, order_id = dependent
            if sweep.done_to is not None and dependent <= sweep.done_to:
                continue
            buyer = self._state.buyers.get(buyer_id)
            order = buyer.orders.get(order_id)
            if order is not None and order.standing is not None and order.standing.placed_at == placed_at:
                early = partial(self._with_early_version, buyer, topic, version, order.standing.lock)
                self._update.reconsider(buyer, order, version.timestamp, cause, early)
            yield dependent

    def _with_early_version(
        self, buyer: Buyer, topic: str, version: ReferenceVersion[Any], lock: int
    ) -> tuple[History, SnapshotCache]:
        view = self._state.references.snapshots.catalogue.as_if_early(topic, version, lock)
        return buyer.history, SnapshotCache(view)

    def _settle_due(self, sweep: Sweep) -> Iterator[DependentOrder]:
        """Update the orders whose timers are due, one by one."""
        for due, buyer_id, order_id in self._state.timers.pop_due(self._state.clock.now):
            buyer = self._state.buyers.get(buyer_id)
            order = buyer.orders.get(order_id)
            if order is not None:
                self._settle_or_forget(buyer, order, Cause(sweep.name, due, "settled"))
            yield due, buyer_id, order_id

    def _settle_or_forget(self, buyer: Buyer, order: Order, cause: Cause) -> None:
        paid = order.facts.paid()
        if paid is not None:
            self._update.post(order, paid, cause)
        forget_at = _last_recorded(order.facts) + self._order_age_ms
        if forget_at > self._state.clock.now or not _is_finished(order):
            if cause.occurred_at >= forget_at:
                forget_at = self._state.clock.now + self._order_age_ms
            self._state.timers.schedule(forget_at, buyer.buyer_id, order.order_id)
            self._state.buyers.save_order(buyer, order)
        else:
            del buyer.orders[order.order_id]
            self._state.buyers.forget_order(buyer, order)


def _last_recorded(facts: OrderFacts) -> int:
    return max(fact.timestamp for fact in facts.by_id.values())


def _is_finished(order: Order) -> bool:
    is_closed = any(isinstance(fact.event, OrderClosed) for fact in order.facts.by_id.values())
    return order.standing is None or order.ledger.has_settled or is_closed
