"""Records written by hand, to check the oracle."""

from typing import Any, Final

import msgspec

from attribution.domain.records.reference import Policy

from . import Arrival

START: Final = 1_700_000_000_000
HOUR: Final = 3_600_000
PLACED: Final = START + 10 * HOUR
DEFAULT: Final = Policy(
    effective_from=START - 1_000 * HOUR,
    policy_id="default",
    model="last_touch",
    default_window_ms=2 * HOUR,
    min_click_to_order_ms=0,
    late_lock_ms=HOUR,
)
FIRST_TOUCH: Final = msgspec.structs.replace(DEFAULT, model="first_touch")
CHAIN: Final = [
    {"role": "promoter", "of": "total", "share_ppm": 1_000_000},
    {"role": "agency", "of": "promoter", "share_ppm": 600_000},
    {"role": "leader", "of": "agency", "share_ppm": 666_667},
    {"role": "creator", "of": "leader", "share_ppm": 500_000},
    {"role": "platform", "of": "creator", "share_ppm": 500_000},
]


def record(topic: str, timestamp: int, **value: Any) -> Arrival:
    return Arrival(topic, timestamp, msgspec.json.encode(value))


def reference(topic: str, **value: Any) -> Arrival:
    return record(topic, START, **({"effective_from": START} | value))


def link(**fields: Any) -> Arrival:
    known = {"link_id": "L", "promoter_id": "P", "target": "any", "valid_from": START, "campaign_id": "C"}
    return reference("links", **(known | fields))


def promoter(**fields: Any) -> Arrival:
    return reference("promoters", **({"promoter_id": "P", "kind": "site", "enrolled_from": START} | fields))


def campaign(**fields: Any) -> Arrival:
    terms = {"rate_ppm": 100_000, "window_ms": 2 * HOUR, "splits": [], "remainder_to": "promoter"}
    return reference("campaigns", **({"campaign_id": "C", "kind": "standard"} | terms | fields))


def room(room_id: str, creator_id: str) -> Arrival:
    return reference("rooms", room_id=room_id, creator_id=creator_id, started_at=START)


def click(event_id: str, occurred_at: int, recorded: int | None = None, **fields: Any) -> Arrival:
    known = {"click_id": f"click-{event_id}", "link_id": "L", "buyer_id": "B", "surface": "live"} | fields
    value = {name: what for name, what in known.items() if what is not None}
    timestamp = occurred_at if recorded is None else recorded
    return record("clicks", timestamp, event_id=event_id, occurred_at=occurred_at, **value)


def entry(event_id: str, occurred_at: int, room_id: str = "R", buyer_id: str = "B", **fields: Any) -> Arrival:
    value = {"room_id": room_id, "buyer_id": buyer_id, **fields}
    return record("room-entries", occurred_at, event_id=event_id, occurred_at=occurred_at, **value)


def change(kind: str, timestamp: int, **fields: Any) -> Arrival:
    event_id = f"{kind}-{timestamp}-{fields.get('refund_id')}"
    value = {"event_id": event_id, "occurred_at": timestamp, "order_id": "O", "buyer_id": "B"}
    return record("orders", timestamp, **(value | {"type": kind} | fields))


def paid(timestamp: int = PLACED, **fields: Any) -> Arrival:
    facts = {"placed_at": PLACED, "merchant_id": "M", "product_id": "X", "quantity": 1, "carrier": "live"}
    return change("paid", timestamp, **(facts | {"currency": "CNY", "paid_amount": 1_000} | fields))


WORLD: Final = [link(), promoter(), campaign()]
