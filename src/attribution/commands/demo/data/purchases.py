"""Converts a purchase of the source to the events of an order.

- The product is the one that the buyer viewed last. The amount is its price.
- ``received`` comes two to five days later. Orders of users that are not new settle explicitly a week after
  that. Orders of new users settle by the policy's ``settle_after_ms``.
- A buyer who opens the support chat later in the session gets 40 % back the next day.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from attribution.commands.demo.data.clickstream import FunnelStep, Session
from attribution.commands.demo.data.shop import Product, draw
from attribution.domain.records.events import (
    OrderCreated,
    OrderEvent,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
)
from attribution.domain.records.fields import DAY_MS, Carrier

_PAID_AFTER_MS: Final = 5_000
_REFUNDED_PPM: Final = 400_000

Line: TypeAlias = type[OrderCreated] | type[OrderPaid]


def order_events(
    session: Session, bought: FunnelStep, product: Product, room: str | None
) -> Iterator[OrderEvent]:
    """Yield all events of a purchase's order; ``room`` is the room that the session saw last, if any."""
    order_id = f"order-{session.session_id}"
    carrier: Carrier = "showcase" if room is None else "live"
    for name, kind, delay in (("created", OrderCreated, 0), ("paid", OrderPaid, _PAID_AFTER_MS)):
        line: Line = kind
        yield line(
            event_id=f"{order_id}-{name}",
            occurred_at=bought.at + delay,
            order_id=order_id,
            buyer_id=session.user_id,
            placed_at=bought.at,
            merchant_id=product.merchant_id,
            product_id=product.product_id,
            category=product.category,
            quantity=1,
            currency="CNY",
            paid_amount=product.price,
            carrier=carrier,
            room_id=room,
        )
    yield from _completion(session, order_id, bought.at)
    yield from _refund(session, order_id, bought, product)


def _completion(session: Session, order_id: str, bought_at: int) -> Iterator[OrderEvent]:
    received_at = bought_at + (2 + draw(order_id, 4)) * DAY_MS
    yield OrderReceived(
        event_id=f"{order_id}-received", occurred_at=received_at, order_id=order_id, buyer_id=session.user_id
    )
    if session.lifecycle != "new":
        yield OrderSettled(
            event_id=f"{order_id}-settled",
            occurred_at=received_at + 7 * DAY_MS,
            order_id=order_id,
            buyer_id=session.user_id,
        )


def _refund(session: Session, order_id: str, bought: FunnelStep, product: Product) -> Iterator[OrderEvent]:
    chats = (step.at for step in session.steps if step.event == "support_chat" and step.at >= bought.at)
    chat_at = next(chats, None)
    if chat_at is not None:
        yield OrderRefunded(
            event_id=f"{order_id}-refunded",
            occurred_at=chat_at + DAY_MS,
            order_id=order_id,
            buyer_id=session.user_id,
            currency="CNY",
            refund_id=f"refund-{session.session_id}",
            refund_amount=product.price * _REFUNDED_PPM // 1_000_000,
        )
