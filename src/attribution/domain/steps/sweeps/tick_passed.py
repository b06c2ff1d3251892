"""A tick as the cause of a sweep: it settles due orders, and drops those finished long ago."""

from collections.abc import Iterator

import msgspec

from attribution.domain.commissions.ledger import Cause
from attribution.domain.orders.order import OrderFacts
from attribution.domain.records.events import OrderClosed
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweeps.cause import SweepScope


class TickPassed(msgspec.Struct, frozen=True, array_like=True, tag="tick"):
    """A tick was read; the state's clock has its time."""

    event_id: str

    def run(self, scope: SweepScope) -> "_TickSweep":
        """Return the sweep of the orders whose timers are due."""
        return _TickSweep(scope, self.event_id)


class _TickSweep:
    def __init__(self, scope: SweepScope, event_id: str) -> None:
        self._scope = scope
        self._event_id = event_id

    def orders(self, _: DependentOrder | None) -> Iterator[DependentOrder]:
        """Yield the orders whose timers are due, as (due, buyer_id, order_id). Their timers are gone then."""
        return self._scope.state.timers.pop_due(self._scope.state.clock.now)

    def derive(self, at: int, buyer: Buyer, order: Order) -> None:
        """Post what is due since ``at``, then drop the order if it is finished and old enough."""
        scope, state, now = self._scope, self._scope.state, self._scope.state.clock.now
        paid = order.facts.paid()
        if paid is not None:
            scope.update.post(order, paid, Cause(self._event_id, at, "settled"))
        forget_at = _last_recorded(order.facts) + scope.order_age_ms
        if forget_at > now or not _is_finished(order):
            next_at = now + scope.order_age_ms if at >= forget_at else forget_at
            state.timers.schedule(next_at, buyer.buyer_id, order.order_id)
            state.buyers.save_order(buyer, order)
        else:
            del buyer.orders[order.order_id]
            state.buyers.forget_order(buyer, order)


def _last_recorded(facts: OrderFacts) -> int:
    return max(fact.timestamp for fact in facts.by_id.values())


def _is_finished(order: Order) -> bool:
    is_closed = any(isinstance(fact.event, OrderClosed) for fact in order.facts.by_id.values())
    return order.standing is None or order.ledger.has_settled or is_closed
