"""The attribute and commission step: facts of a buyer come in; decisions and postings go out.

Whatever comes in, the same happens: take it in as a fact, derive what should be true of the orders that it may
touch, publish the difference. Late, repeated and reordered records need no code of their own.
"""

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, Final

import msgspec

from attribution.domain.commissions.ledger import Cause
from attribution.domain.decisions.lock import is_too_late
from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.orders.order import Fact, Order
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
from attribution.domain.references.catalogue import Catalogue, Known
from attribution.domain.references.dependencies import fingerprints
from attribution.domain.steps.accountant import Accountant
from attribution.domain.steps.order_update import Judge
from attribution.domain.steps.ports import AttributeState, Output, Watcher
from attribution.domain.steps.sweep import TICKS, Sweep, sweep_of
from attribution.domain.touches.history import Buyer
from attribution.domain.touches.interaction import NEVER, Moment

_KINDS: Final[dict[type[OrderEvent], PostingKind]] = {
    OrderRefunded: "reversed",
    OrderChargeback: "reversed",
    OrderClosed: "reversed",
    OrderReceived: "confirmed",
    OrderSettled: "settled",
}

_ORDER_ID: Final = attrgetter("order_id")

IfEarly = Callable[[], tuple[Buyer, Catalogue]]


class Attribute:
    """Keyed by buyer_id; ``order_age_ms`` is how long a finished order stays in the state."""

    def __init__(self, state: AttributeState, output: Output, order_age_ms: int) -> None:
        self._state = state
        self._output = output
        self._order_age_ms = order_age_ms
        self._under_way: Iterator[Watcher] | None = None
        self._judge = Judge(state, output)
        self._accountant = Accountant(state, output)

    def click(self, click: Click, timestamp: int) -> None:
        """Take in a click that names its buyer.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        if not self._has_expired(click.occurred_at):
            buyer = self._state.buyer(click.buyer_id or "")
            self._learn(buyer, click, timestamp, buyer.take_click(click, timestamp))

    def forwarded(self, click: Click, timestamp: int, buyer_id: str) -> None:
        """Take in an anonymous click that was forwarded to a buyer whose entry names it."""
        if not self._has_expired(click.occurred_at):
            buyer = self._state.buyer(buyer_id)
            changed = buyer.take_forwarded(click, timestamp)
            touch_at = buyer.forwarded[click.event_id, click.click_id].touch_at
            self._learn(buyer, click, timestamp if touch_at == NEVER else touch_at, changed)

    def entry(self, entry: RoomEntry, timestamp: int) -> None:
        """Take in a room entry.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        if not self._has_expired(entry.occurred_at):
            buyer = self._state.buyer(entry.buyer_id)
            self._learn(buyer, entry, timestamp, buyer.take_entry(entry, timestamp))

    def restore(self, event: Click | RoomEntry, timestamp: int, buyer_id: str) -> None:
        """Take in again what was taken in before a restart; whatever followed from it was kept."""
        if event.occurred_at + self._state.catalogue.horizon_ms < self._state.stream_time:
            return
        buyer = self._state.buyer(buyer_id)
        if isinstance(event, RoomEntry):
            changed = buyer.take_entry(event, timestamp)
        elif event.buyer_id is None:
            changed = buyer.take_forwarded(event, timestamp)
        else:
            changed = buyer.take_click(event, timestamp)
        self._state.save_moments(buyer, changed)

    def order(self, fact: Fact) -> None:
        """Take in an order event.

        Raises:
            RefusedError: EVENT_ID_CLASH, TOO_LATE.
        """
        buyer = self._state.buyer(fact.event.buyer_id)
        order = buyer.orders.get(fact.event.order_id) or Order(fact.event.order_id)
        self._refuse_unfit(buyer, order, fact)
        is_new = not order.facts
        if not order.take(fact):
            return
        self._state.save_fact(buyer, order, fact)
        if is_new:
            buyer.orders[order.order_id] = order
            self._state.remind(fact.timestamp + self._order_age_ms, buyer.buyer_id, order.order_id)
        paid = order.paid()
        if paid is not None:
            self._refuse_clashing(order, paid)
            self._follow(buyer, order, paid, fact)
        self._state.save_order(buyer, order)

    def reference(self, topic: str, record: Version, timestamp: int, offset: int) -> None:
        """Take in a reference version; derive again every order that it may change."""
        catalogue = self._state.catalogue
        self._state.remembers_from()  # what has expired by now stays so, also if this lengthens the horizon
        known = catalogue.add(topic, record, timestamp, offset)
        if known is None:
            return
        self._state.save_version(topic, known)
        self._state.sweep = sweep_of(topic, known)
        self.sweep()

    def tick(self, tick: Tick) -> None:
        """Let time pass: settle what is due, forget what was finished long ago."""
        if tick.occurred_at <= self._state.now:
            return
        self._state.now = tick.occurred_at
        self._state.sweep = Sweep(TICKS, tick.event_id)
        self.sweep()

    def sweep(self) -> None:
        """Go on with what a version or a tick set off, until all orders are done or the unit of work is full.

        Nothing else may be taken in while the state holds a sweep.
        """
        sweep = self._state.sweep
        if sweep is None:
            return
        if self._under_way is None:
            self._under_way = self._settle_due(sweep) if sweep.topic == TICKS else self._reread(sweep)
        for done_to in self._under_way:
            if self._output.is_full():
                self._state.sweep = msgspec.structs.replace(sweep, done_to=done_to)
                return
        self._state.sweep = self._under_way = None

    def _reread(self, sweep: Sweep) -> Iterator[Watcher]:
        """Derive again the orders that a version may change, one by one."""
        catalogue, known, topic = self._state.catalogue, sweep.known(), sweep.topic
        cause = Cause(f"{known.name}/{known.timestamp}", known.effective_from, "corrected")
        touched = fingerprints(catalogue.touched_by(topic, known.record))
        for watcher in self._state.watchers(touched, known.effective_from):
            placed_at, buyer_id, order_id = watcher
            if sweep.done_to is not None and watcher <= sweep.done_to:
                continue
            buyer = self._state.buyer(buyer_id)
            order = buyer.orders.get(order_id)
            if order is not None and order.standing is not None and order.standing.placed_at == placed_at:
                early = partial(_with_early_version, buyer, catalogue, topic, known, order.standing.lock)
                self._reconsider(buyer, order, known.timestamp, cause, early)
            yield watcher

    def _settle_due(self, sweep: Sweep) -> Iterator[Watcher]:
        """Bring the orders whose time has come up to date, one by one."""
        for due, buyer_id, order_id in self._state.take_due(self._state.now):
            buyer = self._state.buyer(buyer_id)
            order = buyer.orders.get(order_id)
            if order is not None:
                self._come_due(buyer, order, Cause(sweep.name, due, "settled"))
            yield due, buyer_id, order_id

    def _has_expired(self, occurred_at: int) -> bool:
        if occurred_at + self._state.catalogue.horizon_ms >= self._state.stream_time:
            return False
        self._output.count("expired")
        return True

    def _learn(self, buyer: Buyer, event: Click | RoomEntry, timestamp: int, changed: list[Moment]) -> None:
        """Keep what changed of a buyer's history; reconsider the orders in whose range it lies."""
        if not changed:
            return
        self._state.save_moments(buyer, changed)
        for moment in changed:
            if moment.occurred_at <= buyer.latest_placed:
                break
        else:
            return
        for order in sorted(filter(partial(_concerns, changed), buyer.orders.values()), key=_ORDER_ID):
            cause = Cause(event.event_id, event.occurred_at, "corrected")
            self._reconsider(
                buyer, order, timestamp, cause, lambda: (buyer.as_if_early(event), self._state.catalogue)
            )

    def _reconsider(
        self, buyer: Buyer, order: Order, timestamp: int, cause: Cause, if_early: IfEarly
    ) -> None:
        """Derive a decided order again from evidence that was recorded at a time; a late one is only noted."""
        standing, paid = order.standing, order.paid()
        if standing is None or paid is None:
            return
        if timestamp > standing.lock:
            self._judge.judge_late(buyer, order, cause, if_early())
        elif not self._judge.is_open(order):
            self._output.count("expired")
        else:
            self._judge.judge(buyer, order, paid, cause)
            self._accountant.account(order, paid, cause)
            self._state.save_order(buyer, order)

    def _follow(self, buyer: Buyer, order: Order, paid: Fact, fact: Fact) -> None:
        """Bring decision and ledger of an order up to date with a new fact of its life."""
        cause = Cause(fact.event_id, fact.occurred_at, _KINDS.get(type(fact.event), "corrected"))
        if order.standing is None or isinstance(fact.event, OrderPaid | OrderSettled):
            if not self._judge.is_open(order):
                self._output.count("expired")
            elif self._judge.judge(buyer, order, paid, cause):
                cause = cause._replace(kind="corrected")
        self._accountant.account(order, paid, cause)

    def _refuse_unfit(self, buyer: Buyer, order: Order, fact: Fact) -> None:
        for other in buyer.orders.values():
            if other is not order and fact.event_id in other.facts:
                raise RefusedError("EVENT_ID_CLASH", f"event_id {fact.event_id} belongs to another order")
        if isinstance(fact.event, OrderPaid) and fact.event_id not in order.facts:
            excess_ms = is_too_late(fact.event, fact.timestamp, self._state.catalogue)
            if excess_ms is not None:
                raise RefusedError(
                    "TOO_LATE", f"placed_at lies {excess_ms} ms too long before the record timestamp"
                )

    def _refuse_clashing(self, order: Order, paid: Fact) -> None:
        currency = paid.event.currency
        for fact in order.clashing(currency or ""):
            if fact.event_id not in order.refused:
                order.refused.add(fact.event_id)
                detail = f"names {fact.event.currency}, the order's paid event {currency}"
                self._output.refuse("orders", fact, Refusal("CURRENCY_CLASH", detail))

    def _come_due(self, buyer: Buyer, order: Order, cause: Cause) -> None:
        paid = order.paid()
        if paid is not None:
            self._accountant.account(order, paid, cause)
        forget_at = max(fact.timestamp for fact in order.facts.values()) + self._order_age_ms
        if forget_at > self._state.now or not _is_finished(order):
            if cause.occurred_at >= forget_at:
                forget_at = self._state.now + self._order_age_ms
            self._state.remind(forget_at, buyer.buyer_id, order.order_id)
            self._state.save_order(buyer, order)
        else:
            del buyer.orders[order.order_id]
            self._state.forget_order(buyer, order)


def _with_early_version(
    buyer: Buyer, catalogue: Catalogue, topic: str, known: Known[Any], lock: int
) -> tuple[Buyer, Catalogue]:
    return buyer, catalogue.as_if_early(topic, known, lock)


def _concerns(changed: list[Moment], order: Order) -> bool:
    standing = order.standing
    if standing is None:
        return False
    first, last = standing.considers_from, standing.placed_at
    return any(first <= moment.occurred_at <= last for moment in changed)


def _is_finished(order: Order) -> bool:
    is_closed = any(isinstance(fact.event, OrderClosed) for fact in order.facts.values())
    return order.standing is None or order.ledger.has_settled or is_closed
