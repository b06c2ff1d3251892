"""Input events (contract, section 1), as producers report them."""

from typing import Literal, TypeAlias

import msgspec

from attribution.domain.records.currencies import Currency
from attribution.domain.records.fields import (
    Account,
    Amount,
    Carrier,
    Count,
    ExternalInfo,
    Id,
    Label,
    Reason,
    Surface,
    TargetPlatform,
    Time,
)


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The fields of every event: its id, unique within topic and key, and its event time."""

    event_id: Id
    occurred_at: Time


class Click(Event, frozen=True, gc=False, kw_only=True):
    """A click on a promoter link; anonymous without a buyer_id."""

    click_id: Id
    link_id: Id
    surface: Surface
    buyer_id: Id | None = None
    target_platform: TargetPlatform | None = None
    room_id: Id | None = None
    product_id: Id | None = None
    channel: Label | None = None
    external_info: ExternalInfo | None = None
    coupon_code: Label | None = None


class RoomEntry(Event, frozen=True, gc=False, kw_only=True):
    """A buyer entered a live room."""

    buyer_id: Id
    room_id: Id
    click_id: Id | None = None
    link_id: Id | None = None
    left_at: Time | None = None


class _OrderLine(Event, frozen=True, kw_only=True):
    """The facts of an order line; ``created`` and ``paid`` carry them."""

    order_id: Id
    buyer_id: Id
    placed_at: Time
    merchant_id: Id
    product_id: Id
    quantity: Count
    currency: Currency
    paid_amount: Amount
    carrier: Carrier
    category: Label | None = None
    commissionable_amount: Amount | None = None
    room_id: Id | None = None
    coupon_code: Label | None = None
    pid: Id | None = None
    basket_id: Id | None = None
    tags: list[Label] | None = None


class OrderCreated(_OrderLine, frozen=True, kw_only=True, tag_field="type", tag="created"):
    """An order line was placed; informational."""


class OrderPaid(_OrderLine, frozen=True, kw_only=True, tag_field="type", tag="paid"):
    """An order line was paid; its decision and its ledger derive from this event."""


class _OrderChange(Event, frozen=True, kw_only=True):
    """A later event of an order line; it may name the currency."""

    order_id: Id
    buyer_id: Id
    currency: Currency | None = None


class OrderReceived(_OrderChange, frozen=True, kw_only=True, tag_field="type", tag="received"):
    """The buyer confirmed receipt."""


class OrderClosed(_OrderChange, frozen=True, kw_only=True, tag_field="type", tag="closed"):
    """The order was closed; nothing is owed any longer."""


class OrderSettled(_OrderChange, frozen=True, kw_only=True, tag_field="type", tag="settled"):
    """The platform settled the order."""


class _Refund(_OrderChange, frozen=True, kw_only=True):
    refund_id: Id
    refund_amount: Amount
    quantity: Count | None = None


class OrderRefunded(_Refund, frozen=True, kw_only=True, tag_field="type", tag="refunded"):
    """The buyer was refunded in part or in full; counted once per refund_id."""


class OrderChargeback(_Refund, frozen=True, kw_only=True, tag_field="type", tag="chargeback"):
    """The buyer's bank took money back; counted once per refund_id."""


OrderEvent: TypeAlias = (
    OrderCreated | OrderPaid | OrderReceived | OrderClosed | OrderSettled | OrderRefunded | OrderChargeback
)


class _Fulfilment(Event, frozen=True, gc=False, kw_only=True):
    order_id: Id
    buyer_id: Id | None = None


class Shipped(_Fulfilment, frozen=True, gc=False, kw_only=True, tag_field="type", tag="shipped"):
    """A parcel was handed to a carrier."""

    carrier_code: Id
    tracking_no: Id
    shipped_at: Time


class ShippingVerdict(_Fulfilment, frozen=True, gc=False, kw_only=True, tag_field="type", tag="verdict"):
    """The platform judged a shipment."""

    verdict: Literal["false_shipping", "cleared"]


FulfilmentEvent: TypeAlias = Shipped | ShippingVerdict


class Sanction(Event, frozen=True, gc=False, kw_only=True):
    """A sanction on a party, written as its ledger account."""

    party: Account
    action: Literal["stop_settlement", "freeze", "suspend", "expel", "lift"]
    effective_from: Time
    reason: Reason | None = None


class TaskReport(Event, frozen=True, gc=False, kw_only=True):
    """A party's progress on a campaign commitment."""

    campaign_id: Id
    party: Account
    metric: Literal["dispatched", "accepted", "investment", "task", "growth_task"]
    value: Count


class Tick(Event, frozen=True, gc=False, kw_only=True):
    """Time passes; "now" is the latest tick."""
