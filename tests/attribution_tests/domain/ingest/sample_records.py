"""A complete record of each kind, and the limits that the tests use."""

from typing import Any, Final

NOW: Final = 1_700_000_000_000
LAST: Final = 4_133_980_799_999
"""2100-12-31T23:59:59.999Z."""
SLACK: Final = 600_000
LARGEST: Final = 262_144
TWO_BYTES: Final = "é"

TICK: Final[dict[str, Any]] = {"event_id": "t", "occurred_at": NOW}
CLICK: Final[dict[str, Any]] = {**TICK, "event_id": "c", "click_id": "k", "link_id": "L", "surface": "live"}
ENTRY: Final[dict[str, Any]] = {**TICK, "event_id": "e", "buyer_id": "B", "room_id": "R"}
CHANGE: Final[dict[str, Any]] = {**TICK, "order_id": "O", "buyer_id": "B"}
PAID: Final[dict[str, Any]] = {
    **CHANGE,
    "event_id": "paid",
    "type": "paid",
    "placed_at": NOW,
    "merchant_id": "M",
    "product_id": "X",
    "quantity": 1,
    "currency": "CNY",
    "paid_amount": 100,
    "carrier": "live",
}
REFUND: Final[dict[str, Any]] = {**CHANGE, "type": "refunded", "refund_id": "r", "refund_amount": 1}
SHIPPED: Final[dict[str, Any]] = {**TICK, "order_id": "O", "type": "shipped"}
SHIPPED.update(carrier_code="sf", tracking_no="1", shipped_at=NOW)
VERDICT: Final[dict[str, Any]] = {**TICK, "order_id": "O", "type": "verdict", "verdict": "cleared"}
SANCTION: Final[dict[str, Any]] = {**TICK, "party": "platform", "action": "lift", "effective_from": NOW}
TASK: Final[dict[str, Any]] = {**TICK, "campaign_id": "C", "party": "creator:K", "metric": "task", "value": 1}
LINK: Final[dict[str, Any]] = {"effective_from": NOW, "link_id": "L", "promoter_id": "P", "target": "any"}
LINK.update(valid_from=NOW)
PROMOTER: Final[dict[str, Any]] = {"effective_from": NOW, "promoter_id": "P", "kind": "site"}
ROOM: Final[dict[str, Any]] = {"effective_from": NOW, "room_id": "R", "creator_id": "K", "started_at": NOW}
CAMPAIGN: Final[dict[str, Any]] = {
    "effective_from": NOW,
    "campaign_id": "C",
    "kind": "standard",
    "rate_ppm": 1,
}
CAMPAIGN.update(window_ms=1, splits=[], remainder_to="platform")
POLICY: Final[dict[str, Any]] = {"effective_from": NOW, "policy_id": "default", "model": "linear"}
POLICY.update(default_window_ms=1, min_click_to_order_ms=0, late_lock_ms=0)
GOOD: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("clicks", CLICK),
    ("room-entries", ENTRY),
    ("orders", PAID),
    ("orders", REFUND),
    ("fulfilment", SHIPPED),
    ("fulfilment", VERDICT),
    ("governance", SANCTION),
    ("tasks", TASK),
    ("ticks", TICK),
    ("links", LINK),
    ("promoters", PROMOTER),
    ("rooms", ROOM),
    ("campaigns", CAMPAIGN),
    ("policies", POLICY),
)
