"""An order line and its ``created`` and ``paid`` events."""

from dataclasses import dataclass
from typing import TypeVar

from attribution.commands.simulate.market.products import Product
from attribution.domain.records.events import OrderCreated, OrderPaid
from attribution.domain.records.fields import Carrier

Line = TypeVar("Line", OrderCreated, OrderPaid)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase. ``paid_amount`` is in the minor unit of the product's currency."""

    order_id: str
    buyer_id: str
    placed_at: int
    product: Product
    quantity: int
    paid_amount: int
    carrier: Carrier
    room_id: str | None = None
    coupon_code: str | None = None
    pid: str | None = None
    basket_id: str | None = None
    tags: tuple[str, ...] = ()


def line(kind: type[Line], event_id: str, at: int, purchase: Purchase) -> Line:
    """Return the ``created`` or ``paid`` event of a purchase."""
    shipping = purchase.paid_amount // 20 if purchase.quantity > 1 else None
    return kind(
        event_id=event_id,
        occurred_at=at,
        order_id=purchase.order_id,
        buyer_id=purchase.buyer_id,
        placed_at=purchase.placed_at,
        merchant_id=purchase.product.merchant_id,
        product_id=purchase.product.product_id,
        category=purchase.product.category,
        quantity=purchase.quantity,
        currency=purchase.product.currency,
        paid_amount=purchase.paid_amount,
        commissionable_amount=None if shipping is None else purchase.paid_amount - shipping,
        carrier=purchase.carrier,
        room_id=purchase.room_id,
        coupon_code=purchase.coupon_code,
        pid=purchase.pid,
        basket_id=purchase.basket_id,
        tags=list(purchase.tags) or None,
    )
