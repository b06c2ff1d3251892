"""The attribute and commission step: applies the facts of a buyer, and writes decisions and postings.

Each record is handled in the same way: apply it as a fact, derive what should be true of the orders that it
may affect, publish the difference. Late, repeated and reordered records need no code of their own.
"""

from functools import partial
from operator import attrgetter
from typing import Final

from attribution.domain.commissions.ledger import Cause
from attribution.domain.decisions.lock import is_too_late
from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.orders.order import Fact
from attribution.domain.records.events import (
    Click,
    OrderChargeback,
    OrderClosed,
    OrderEvent,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
    RoomEntry,
    Tick,
)
from attribution.domain.records.outputs import PostingKind
from attribution.domain.records.reference import Version
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.order_update import OrderUpdate
from attribution.domain.steps.ports import AttributeState, Output
from attribution.domain.steps.sweeps.cause import SweepScope
from attribution.domain.steps.sweeps.sweep import SweepState
from attribution.domain.steps.sweeps.sweeper import Sweeper
from attribution.domain.steps.sweeps.tick_passed import TickPassed
from attribution.domain.steps.sweeps.version_read import version_read
from attribution.domain.touches.interaction import NEVER, Interaction

_KINDS: Final[dict[type[OrderEvent], PostingKind]] = {
    OrderRefunded: "reversed",
    OrderChargeback: "reversed",
    OrderClosed: "reversed",
    OrderReceived: "confirmed",
    OrderSettled: "settled",
}

_ORDER_ID: Final = attrgetter("order_id")


class AttributeStep:
    """The step keyed by buyer_id; ``order_age_ms`` is how long a finished order stays in the state.

    ``sweeper`` handles what concerns many orders. While there is a sweep, no record may be applied.
    """

    def __init__(self, state: AttributeState, sweeps: SweepState, output: Output, order_age_ms: int) -> None:
        self._state = state
        self._output = output
        self._order_age_ms = order_age_ms
        self._update = OrderUpdate(state, output)
        self.sweeper = Sweeper(sweeps, output, SweepScope(state, output, self._update, order_age_ms))

    def click(self, click: Click, timestamp: int) -> None:
        """Apply a click that names its buyer.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        if not self._has_expired(click.occurred_at):
            buyer = self._state.buyers.get(click.buyer_id or "")
            self._reconsider_orders(buyer, click, timestamp, buyer.history.apply_click(click, timestamp))

    def forwarded(self, click: Click, timestamp: int, buyer_id: str) -> None:
        """Apply an anonymous click that was forwarded to a buyer whose room entry names it."""
        if not self._has_expired(click.occurred_at):
            buyer = self._state.buyers.get(buyer_id)
            changed = buyer.history.apply_forwarded_click(click, timestamp)
            touch_at = buyer.history.forwarded[click.event_id, click.click_id].touch_at
            self._reconsider_orders(buyer, click, timestamp if touch_at == NEVER else touch_at, changed)

    def entry(self, entry: RoomEntry, timestamp: int) -> None:
        """Apply a room entry.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        if not self._has_expired(entry.occurred_at):
            buyer = self._state.buyers.get(entry.buyer_id)
            self._reconsider_orders(buyer, entry, timestamp, buyer.history.apply_entry(entry, timestamp))

    def restore(self, event: Click | RoomEntry, timestamp: int, buyer_id: str) -> None:
        """Apply again an event from before a restart; the state already holds what followed from it."""
        if event.occurred_at + self._state.references.catalogue.horizon_ms < self._state.clock.stream_time:
            return
        buyer = self._state.buyers.get(buyer_id)
        if isinstance(event, RoomEntry):
            changed = buyer.history.apply_entry(event, timestamp)
        elif event.buyer_id is None:
            changed = buyer.history.apply_forwarded_click(event, timestamp)
        else:
            changed = buyer.history.apply_click(event, timestamp)
        self._state.buyers.save_interactions(buyer, changed)

    def order(self, fact: Fact) -> None:
        """Apply an order event.

        Raises:
            RefusedError: EVENT_ID_CLASH, TOO_LATE.
        """
        buyer = self._state.buyers.get(fact.event.buyer_id)
        order = buyer.orders.get(fact.event.order_id) or Order(fact.event.order_id)
        self._refuse_unfit(buyer, order, fact)
        is_new = not order.facts.by_id
        if not order.facts.apply(fact):
            return
        self._state.buyers.save_fact(buyer, order, fact)
        if is_new:
            buyer.orders[order.order_id] = order
            self._state.timers.schedule(fact.timestamp + self._order_age_ms, buyer.buyer_id, order.order_id)
        paid = order.facts.paid()
        if paid is not None:
            self._refuse_clashing(order, paid)
            self._update_order(buyer, order, paid, fact)
        self._state.buyers.save_order(buyer, order)

    def reference(self, topic: str, record: Version, timestamp: int, offset: int) -> None:
        """Apply a reference version, and begin the sweep of the orders that it may change."""
        self._state.clock.evidence_complete_from()  # what has expired stays so, even if the horizon grows
        version = self._state.references.add(topic, record, timestamp, offset)
        if version is not None:
            self.sweeper.begin(version_read(topic, version))

    def tick(self, tick: Tick) -> None:
        """Advance the time, and begin the sweep that settles due orders and drops those finished long ago."""
        if tick.occurred_at <= self._state.clock.now:
            return
        self._state.clock.now = tick.occurred_at
        self.sweeper.begin(TickPassed(tick.event_id))

    def _has_expired(self, occurred_at: int) -> bool:
        if occurred_at + self._state.references.catalogue.horizon_ms >= self._state.clock.stream_time:
            return False
        self._output.count("expired")
        return True

    def _reconsider_orders(
        self, buyer: Buyer, event: Click | RoomEntry, timestamp: int, changed: list[Interaction]
    ) -> None:
        """Save changes to a buyer's history; reconsider the orders that have them in range."""
        if not changed:
            return
        self._state.buyers.save_interactions(buyer, changed)
        for interaction in changed:
            if interaction.occurred_at <= buyer.latest_placed:
                break
        else:
            return
        for order in sorted(filter(partial(_concerns, changed), buyer.orders.values()), key=_ORDER_ID):
            cause = Cause(event.event_id, event.occurred_at, "corrected")
            self._update.reconsider(
                buyer,
                order,
                timestamp,
                cause,
                lambda: (buyer.history.as_if_early(event), self._state.references.snapshots),
            )

    def _update_order(self, buyer: Buyer, order: Order, paid: Fact, fact: Fact) -> None:
        """Update decision and ledger of an order after a new fact."""
        cause = Cause(fact.event_id, fact.occurred_at, _KINDS.get(type(fact.event), "corrected"))
        if order.standing is None or isinstance(fact.event, OrderPaid | OrderSettled):
            if not self._update.is_open(order):
                self._output.count("expired")
            elif self._update.publish(buyer, order, paid, cause):
                cause = cause._replace(kind="corrected")
        self._update.post(order, paid, cause)

    def _refuse_unfit(self, buyer: Buyer, order: Order, fact: Fact) -> None:
        for other in buyer.orders.values():
            if other is not order and fact.event_id in other.facts.by_id:
                raise RefusedError("EVENT_ID_CLASH", f"event_id {fact.event_id} belongs to another order")
        if isinstance(fact.event, OrderPaid) and fact.event_id not in order.facts.by_id:
            excess_ms = is_too_late(fact.event, fact.timestamp, self._state.references.catalogue)
            if excess_ms is not None:
                raise RefusedError(
                    "TOO_LATE", f"placed_at lies {excess_ms} ms too long before the record timestamp"
                )

    def _refuse_clashing(self, order: Order, paid: Fact) -> None:
        currency = paid.event.currency
        for fact in order.facts.clashing(currency or ""):
            if fact.event_id not in order.facts.refused:
                order.facts.refused.add(fact.event_id)
                detail = f"names {fact.event.currency}, the order's paid event {currency}"
                self._output.refuse("orders", fact, Refusal("CURRENCY_CLASH", detail))


def _concerns(changed: list[Interaction], order: Order) -> bool:
    standing = order.standing
    if standing is None:
        return False
    first, last = standing.range_from, standing.placed_at
    return any(first <= interaction.occurred_at <= last for interaction in changed)
