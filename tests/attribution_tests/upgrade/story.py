"""Records by hand that make sure of each case, before and after the cut."""

from typing import Any, Final

import msgspec

from attribution.engine.producer_record import ProducerRecord

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_SPLITS: Final = [
    {"role": "promoter", "of": "total", "share_ppm": 700_000},
    {"role": "agency", "of": "promoter", "share_ppm": 250_000},
]
_CAMPAIGNS: Final[dict[str, dict[str, Any]]] = {
    "u-plain": {},
    "u-least": {"min_order_amount": 1_000},
    "u-exhausted": {"exhausted": True},
}
_ORDERS: Final = (
    ("plain", "u-plain", 10_000),
    ("other", "u-plain", 20_000),
    ("least", "u-least", 500),
    ("exhausted", "u-exhausted", 10_000),
    ("none", None, 10_000),
    ("closed", "u-plain", 7_000),
    ("open", "u-plain", 6_000),
    ("settled", "u-plain", 8_000),
    ("gone", "u-plain", 8_500),
    ("charged", "u-plain", 9_000),
    ("stitched", "u-plain", 3_000),
    ("entered", "u-plain", 4_000),
    *((f"swept{number}", None, 5_000) for number in range(2, 6)),  # two buyers of each partition
)
"""Each order's name, its campaign and its amount; the buyer and the link are named after the order."""


class Story:
    """Orders around the cut (ms). Each has its own buyer, link and promoter.

    Some buyers also follow ``swept_link``, of which a version comes last before the cut.
    """

    def __init__(self, cut: int, swept_link: str) -> None:
        self._cut = cut
        self._swept_link = swept_link
        self._records: list[ProducerRecord] = []

    def records(self) -> list[ProducerRecord]:
        """Return all records."""
        self._references()
        for name, _, amount in _ORDERS:
            if name.startswith("swept"):
                self._click(f"{name}-2", name, self._swept_link, at=-_HOUR, seen=-_HOUR)
            self._click(f"{name}-1", name, f"u-{name}", at=-2 * _HOUR, seen=-2 * _HOUR)
            self._paid(name, amount, -5 * _MINUTE)
        self._before()
        self._after()
        self._again()
        return self._records

    def _references(self) -> None:
        begins = {"effective_from": self._cut - 10 * _DAY}
        for name, more in _CAMPAIGNS.items():
            self._campaign(name, -10 * _DAY, -10 * _DAY, rate_ppm=100_000, **more)
        for name, campaign, _ in _ORDERS:
            promoter = {"promoter_id": f"u-{name}", "kind": "creator", "agency_id": "u-agency"}
            enrolled = {"enrolled_from": self._cut - 20 * _DAY}
            self._add("promoters", f"u-{name}", -10 * _DAY, {**promoter, **enrolled, **begins})
            link = {"link_id": f"u-{name}", "promoter_id": f"u-{name}", "target": "any", **begins}
            named = {"campaign_id": campaign} if campaign else {}
            valid = {"valid_from": self._cut - 20 * _DAY}
            self._add("links", f"u-{name}", -10 * _DAY, {**link, **named, **valid})

    def _before(self) -> None:
        """End some orders, and start the dispute over a currency."""
        self._change("closed", "closed", -3 * _MINUTE)
        self._change("settled", "settled", -3 * _MINUTE)
        self._change("gone", "settled", -3 * _MINUTE)
        self._change("charged", "chargeback", -3 * _MINUTE, refund_id="cb1", refund_amount=4_000)
        self._change("other", "refunded", -2 * _MINUTE, refund_id="r0", refund_amount=5_000)
        self._change("plain", "refunded", -2 * _MINUTE, refund_id="r0", refund_amount=1, currency="USD")
        self._sanction("u-1", -_HOUR, "freeze")
        self._click("stitched-2", None, "u-other", at=-_HOUR, seen=-_HOUR)
        self._enter("entered", seen=-30 * _MINUTE)

    def _after(self) -> None:
        """Continue the orders from before the cut."""
        self._enter("stitched", seen=_MINUTE)
        self._click("entered-2", None, "u-other", at=-_HOUR, seen=_MINUTE)
        self._click("plain-2", "plain", "u-other", at=-_HOUR, seen=_MINUTE)
        self._campaign("u-plain", -6 * _HOUR, 2 * _MINUTE, rate_ppm=200_000)
        self._campaign("u-least", -6 * _HOUR, 3 * _MINUTE, rate_ppm=100_000, min_order_amount=100)
        self._click("other-2", "other", "u-plain", at=-_HOUR, seen=5 * _HOUR)
        self._change("closed", "refunded", 6 * _HOUR, refund_id="r1", refund_amount=1_000)
        self._change("settled", "refunded", 6 * _HOUR, refund_id="r1", refund_amount=1_000)
        self._change("other", "refunded", 6 * _HOUR, refund_id="r0", refund_amount=5_000)
        self._change("other", "refunded", 7 * _HOUR, refund_id="r1", refund_amount=5_000)
        self._change("plain", "refunded", 8 * _HOUR, refund_id="r2", refund_amount=1, currency="USD")
        for name in ("plain", "other", "least", "none"):
            self._change(name, "received", 9 * _HOUR)
        self._change("none", "settled", 10 * _HOUR)
        self._change("open", "closed", 10 * _HOUR)
        self._change("charged", "chargeback", 11 * _HOUR, refund_id="cb2", refund_amount=5_000)
        self._change("plain", "refunded", 40 * _HOUR, refund_id="r3", refund_amount=2_500)
        self._change("gone", "refunded", 40 * _HOUR, refund_id="r1", refund_amount=1_000)

    def _again(self) -> None:
        """Repeat events from before the cut: with another content, and then as copies."""
        originals = {
            "plain's click": self._find("clicks", "click-plain-1"),
            "plain's payment": self._find("orders", "paid-plain"),
            "other's refund": self._find("orders", "refunded-other--120000"),
            "the sanction": self._find("governance", "u-1"),
        }
        others: list[dict[str, Any]] = [
            {"link_id": "u-other"},
            {"paid_amount": 11_000},
            {"refund_amount": 6_000},
            {"reason": "another"},
        ]
        for number, (one, other) in enumerate(zip(originals.values(), others, strict=True)):
            at = 12 * _HOUR + number * _MINUTE
            value = msgspec.json.decode(one.value)
            self._add(one.topic, one.key, at, {**value, **other})
            self._add(one.topic, one.key, at + _HOUR, value)

    def _find(self, topic: str, event_id: str) -> ProducerRecord:
        mark = b'"event_id":"%b"' % event_id.encode()
        return next(one for one in self._records if one.topic == topic and mark in one.value)

    def _click(self, click: str, buyer: str | None, link: str, *, at: int, seen: int) -> None:
        value = {"event_id": f"click-{click}", "occurred_at": self._cut + at, "click_id": f"u-{click}"}
        value |= {"link_id": link, "surface": "short_video"}
        named = {"buyer_id": f"u-{buyer}"} if buyer else {}
        self._add("clicks", f"u-{buyer or click}", seen, {**value, **named})

    def _enter(self, name: str, *, seen: int) -> None:
        """Let the buyer of an order enter a room by an anonymous click."""
        value = {"event_id": f"entry-{name}", "occurred_at": self._cut - 30 * _MINUTE}
        value |= {"buyer_id": f"u-{name}", "room_id": "u-room", "click_id": f"u-{name}-2"}
        self._add("room-entries", f"u-{name}", seen, value)

    def _campaign(self, name: str, begins: int, seen: int, **fields: Any) -> None:
        value = {"effective_from": self._cut + begins, "campaign_id": name, "kind": "standard"}
        value |= {"window_ms": _DAY, "splits": _SPLITS, "remainder_to": "platform", "cross_room": "any"}
        self._add("campaigns", name, seen, {**value, **fields})

    def _paid(self, name: str, amount: int, at: int) -> None:
        value = {"event_id": f"paid-{name}", "occurred_at": self._cut + at, "type": "paid"}
        value |= {"order_id": f"u-{name}", "buyer_id": f"u-{name}", "placed_at": self._cut + at}
        value |= {"merchant_id": "u-shop", "product_id": "u-tea", "quantity": 2, "currency": "CNY"}
        self._add("orders", f"u-{name}", at, {**value, "paid_amount": amount, "carrier": "short_video"})

    def _change(self, name: str, kind: str, at: int, **fields: Any) -> None:
        value = {"event_id": f"{kind}-{name}-{at}", "occurred_at": self._cut + at, "type": kind}
        value |= {"order_id": f"u-{name}", "buyer_id": f"u-{name}"}
        self._add("orders", f"u-{name}", at, {**value, **fields})

    def _sanction(self, event_id: str, at: int, action: str) -> None:
        value = {"event_id": event_id, "occurred_at": self._cut + at, "party": "promoter:u-plain"}
        value |= {"action": action, "effective_from": self._cut + at}
        self._add("governance", "promoter:u-plain", at, value)

    def _add(self, topic: str, key: str, at: int, value: dict[str, Any]) -> None:
        """Add a record that is seen at a time relative to the cut."""
        self._records.append(ProducerRecord(topic, self._cut + at, key, msgspec.json.encode(value)))
