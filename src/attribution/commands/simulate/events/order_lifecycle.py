"""The order lifecycle: created, paid, shipped, received, closed, refunded, settled, charged back."""

from itertools import count
from typing import Final

from attribution.commands.simulate.events.order_line import Purchase, line
from attribution.commands.simulate.market.campaigns import CARRIERS
from attribution.commands.simulate.scenario import HOUR_MS
from attribution.commands.simulate.schedule.run_state import RunState
from attribution.domain.records.events import (
    OrderChargeback,
    OrderClosed,
    OrderCreated,
    OrderEvent,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
    Shipped,
    ShippingVerdict,
)

_ABANDONED_PPM: Final = 80_000
_ABANDONED_MS: Final = 1_800_000
_PAYS_MS: Final = (2_000, 240_000)
_SHIPPED_PPM: Final = 800_000
_NAMES_BUYER_PPM: Final = 500_000
_FALSE_SHIPPING_PPM: Final = 15_000
_CLEARED_PPM: Final = 300_000
_RECEIVED_PPM: Final = 800_000
_SETTLED_PPM: Final = 300_000
_REFUNDED_PPM: Final = 80_000
_CHARGEBACK_PPM: Final = 10_000
_LONGEST_MS: Final = 72 * HOUR_MS


class OrderLifecycles:
    """Generator of order events. Lifecycle steps are days apart, or closer in short runs."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._numbers = count()
        self._span = min(_LONGEST_MS, run.scenario.length_ms // 4)

    def play(self, purchase: Purchase) -> None:
        """Add all events of a purchase."""
        rng = self._run.rng
        created_at = purchase.placed_at + rng.between(20, 400)
        self._add(purchase, line(OrderCreated, self._id(), created_at, purchase))
        if rng.chance(_ABANDONED_PPM):
            self._close(purchase, created_at + _ABANDONED_MS)
            return
        paid_at = created_at + rng.between(*_PAYS_MS)
        self._add(purchase, line(OrderPaid, self._id(), paid_at, purchase))
        if rng.chance(_SHIPPED_PPM):
            self._ship(purchase, paid_at)
        if rng.chance(_REFUNDED_PPM):
            self._refund(purchase, paid_at)
        if rng.chance(_RECEIVED_PPM):
            self._receive(purchase, paid_at)

    def _ship(self, purchase: Purchase, paid_at: int) -> None:
        rng = self._run.rng
        shipped_at = paid_at + 60_000 + rng.below(self._span // 6)
        shipped = Shipped(
            event_id=self._id(),
            occurred_at=shipped_at + 1_000,
            order_id=purchase.order_id,
            buyer_id=self._named(purchase),
            carrier_code=rng.pick(CARRIERS),
            tracking_no=f"t{purchase.order_id}",
            shipped_at=shipped_at,
        )
        self._run.queue.add("fulfilment", purchase.order_id, shipped)
        if rng.chance(_FALSE_SHIPPING_PPM):
            self._add_shipping_verdicts(purchase, shipped_at)

    def _add_shipping_verdicts(self, purchase: Purchase, shipped_at: int) -> None:
        """Add a verdict of false shipping. Some are cleared later."""
        rng = self._run.rng
        judged_at = shipped_at + rng.between(60_000, 60_000 + self._span // 2)
        guilty = ShippingVerdict(
            event_id=self._id(),
            occurred_at=judged_at,
            order_id=purchase.order_id,
            buyer_id=self._named(purchase),
            verdict="false_shipping",
        )
        self._run.queue.add("fulfilment", purchase.order_id, guilty)
        if rng.chance(_CLEARED_PPM):
            cleared = ShippingVerdict(
                event_id=self._id(),
                occurred_at=judged_at + HOUR_MS,
                order_id=purchase.order_id,
                verdict="cleared",
            )
            self._run.queue.add("fulfilment", purchase.order_id, cleared)

    def _receive(self, purchase: Purchase, paid_at: int) -> None:
        rng = self._run.rng
        received_at = paid_at + rng.between(self._span // 6, self._span)
        received = OrderReceived(
            event_id=self._id(),
            occurred_at=received_at,
            order_id=purchase.order_id,
            buyer_id=purchase.buyer_id,
        )
        self._add(purchase, received)
        if rng.chance(_SETTLED_PPM):
            settled = OrderSettled(
                event_id=self._id(),
                occurred_at=received_at + self._span // 3,
                order_id=purchase.order_id,
                buyer_id=purchase.buyer_id,
            )
            self._add(purchase, settled)
        if rng.chance(_CHARGEBACK_PPM):
            self._charge_back(purchase, received_at + rng.below(self._span) + 1)

    def _refund(self, purchase: Purchase, paid_at: int) -> None:
        """Add one to three refunds of a third each. A full refund closes the order."""
        rng = self._run.rng
        parts = rng.between(1, 3)
        at = paid_at
        for part in range(parts):
            at += rng.between(60_000, 60_000 + self._span // 3)
            last = part == 2
            third = purchase.paid_amount // 3
            refunded = OrderRefunded(
                event_id=self._id(),
                occurred_at=at,
                order_id=purchase.order_id,
                buyer_id=purchase.buyer_id,
                currency=purchase.product.currency,
                refund_id=f"rf{purchase.order_id}-{part}",
                refund_amount=purchase.paid_amount - 2 * third if last else third,
                quantity=purchase.quantity if last else None,
            )
            self._add(purchase, refunded)
        if parts == 3:
            self._close(purchase, at + 60_000)

    def _charge_back(self, purchase: Purchase, at: int) -> None:
        chargeback = OrderChargeback(
            event_id=self._id(),
            occurred_at=at,
            order_id=purchase.order_id,
            buyer_id=purchase.buyer_id,
            currency=purchase.product.currency,
            refund_id=f"cb{purchase.order_id}",
            refund_amount=purchase.paid_amount,
        )
        self._add(purchase, chargeback)

    def _close(self, purchase: Purchase, at: int) -> None:
        closed = OrderClosed(
            event_id=self._id(), occurred_at=at, order_id=purchase.order_id, buyer_id=purchase.buyer_id
        )
        self._add(purchase, closed)

    def _add(
        self,
        purchase: Purchase,
        event: OrderEvent,
    ) -> None:
        self._run.queue.add("orders", purchase.buyer_id, event)

    def _named(self, purchase: Purchase) -> str | None:
        """Return the buyer for half of the calls, else None."""
        return purchase.buyer_id if self._run.rng.chance(_NAMES_BUYER_PPM) else None

    def _id(self) -> str:
        return f"eo{next(self._numbers)}"
