"""The buyers, links, promoters, rooms and campaigns of a generated history, and their versions."""

from dataclasses import dataclass
from typing import Any, Final

from attribution_tests.oracle.models import MODELS

from .scribe import BASE, DAY, HOUR, MINUTE, Scribe

BUYERS: Final = ("b1", "b2", "b3")
MERCHANTS: Final = ("m1", "m2")
PRODUCTS: Final = ("x1", "x2")
ROOMS: Final = ("r1", "r2", "r3")
PROMOTERS: Final = ("p1", "p2", "p3")
CAMPAIGNS: Final = ("c1", "c2", "c3")
CURRENCIES: Final = ("CNY", "USD", "JPY")
WINDOWS: Final = (HOUR, 6 * HOUR, DAY)
LATE_LOCKS: Final = (10 * MINUTE, HOUR, 3 * HOUR)
TOO_FAST: Final = (0, 1_000, MINUTE)
SETTLE_AFTER: Final = (None, HOUR, 6 * HOUR, DAY)
ORDER_DELAY: Final = 7 * DAY
"""The same in all versions: TOO_LATE must not depend on which policies have been read."""


@dataclass(frozen=True)
class Times:
    """The times near which versions begin or end, and those near which they are written, so that they matter to an order."""

    happened: list[int]
    seen: list[int]
    settle_after: int | None


LINKS: Final[dict[str, dict[str, Any]]] = {
    "l1": {"target": "any", "promoter_id": "p1", "campaign_id": "c1"},
    "l2": {"target": "room", "room_id": "r1", "promoter_id": "p1", "campaign_id": "c2"},
    "l3": {"target": "room", "room_id": "r3", "promoter_id": "p2", "campaign_id": "c3"},
    "l4": {"target": "product", "product_id": "x1", "promoter_id": "p2", "campaign_id": "c1"},
    "l5": {"target": "merchant", "merchant_id": "m1", "promoter_id": "p3", "campaign_id": "c3"},
    "l6": {"target": "any", "room_id": "r2", "promoter_id": "p3", "campaign_id": "c2"},
    "l7": {"target": "product", "product_id": "x2", "merchant_id": "m2", "promoter_id": "p1"},
    "l8": {"target": "any", "promoter_id": "p3", "campaign_id": "c3"},
}
CLICKED: Final = (*LINKS, "l1", "l1", "l8", "l2", "l6", "l-unknown")
CREATORS: Final = {"r1": "k1", "r2": "k1", "r3": "k2"}
TEAMS: Final[dict[str, dict[str, Any]]] = {
    "p1": {"agency_id": "a1", "leader_id": "d1"},
    "p2": {"agency_id": "a1", "own_buyer_ids": ["b2", "b9"]},
    "p3": {"leader_id": "d1"},
}
CHAIN: Final = (
    ("promoter", "total", 1_000_000),
    ("agency", "promoter", 600_000),
    ("leader", "agency", 666_667),
    ("creator", "leader", 500_000),
    ("platform", "creator", 500_000),
)
SPLITS: Final = (
    CHAIN,
    (("promoter", "total", 700_000), ("platform", "total", 100_000), ("creator", "total", 100_000)),
    (("platform", "total", 300_000), ("promoter", "total", 700_000), ("agency", "promoter", 333_333)),
    (),
    (("promoter", "total", 500_000), ("promoter", "total", 250_001), ("leader", "promoter", 100_000)),
    (("agency", "total", 999_999), ("promoter", "agency", 900_000), ("creator", "promoter", 123_456)),
    (("leader", "total", 400_000), ("promoter", "total", 500_000), ("platform", "leader", 200_000)),
)
REMAINDERS: Final = ("promoter", "agency", "leader", "creator", "platform", "merchant")


def link(scribe: Scribe, link_id: str, times: Times) -> dict[str, Any]:
    ends = scribe.beside(scribe.pick(*times.happened)) if scribe.chance(25) else None
    begins = scribe.beside(scribe.pick(*times.happened)) if scribe.chance(10) else BASE - 20 * DAY
    fields = {"link_id": link_id, "valid_from": begins, "valid_to": ends, **LINKS[link_id]}
    if scribe.chance(15):
        fields["promoter_id"] = scribe.pick(*PROMOTERS)
    if scribe.chance(10):
        fields["campaign_id"] = scribe.pick(None, "c-unknown", *CAMPAIGNS)
    return fields


def promoter(scribe: Scribe, promoter_id: str, times: Times) -> dict[str, Any]:
    enrolled = scribe.beside(scribe.pick(*times.happened)) if scribe.chance(15) else BASE - 20 * DAY
    return {
        "promoter_id": promoter_id,
        "kind": "individual",
        "enrolled_from": None if scribe.chance(4) else enrolled,
        "enrolled_to": scribe.beside(scribe.pick(*times.happened)) if scribe.chance(15) else None,
        **({} if scribe.chance(15) else TEAMS[promoter_id]),
    }


def room(scribe: Scribe, room_id: str, times: Times) -> dict[str, Any]:
    creator = scribe.pick("k1", "k2") if scribe.chance(25) else CREATORS[room_id]
    return {"room_id": room_id, "creator_id": creator, "started_at": min(times.happened)}


def campaign(scribe: Scribe, campaign_id: str, _: Times) -> dict[str, Any]:
    splits = [{"role": role, "of": of, "share_ppm": share} for role, of, share in scribe.pick(*SPLITS)]
    return {
        "campaign_id": campaign_id,
        "kind": "standard",
        "rate_ppm": scribe.pick(
            100_000, 100_000, 120_000, 333_333, 333_333, 1_000_000, 999_999, 77_777, 15, 0
        ),
        "window_ms": scribe.pick(*WINDOWS, 2 * DAY),
        "splits": splits,
        "remainder_to": scribe.pick(*REMAINDERS),
        "cross_room": scribe.pick(None, "same_room", "same_creator", "any"),
        "rate_protection": scribe.pick(None, False, True),
        "min_order_amount": scribe.pick(None, None, None, None, 0, 99, 1_000),
        "exhausted": scribe.chance(5) or scribe.pick(None, False),
    }


def policies(scribe: Scribe, times: Times) -> None:
    """Write policies, all with the same wait for settlement; sometimes the packaged policy is in force before them."""
    for begins in (BASE - 30 * DAY, BASE + 2 * DAY, scribe.pick(*times.happened)):
        for number in range(scribe.pick(1, 1, 2)):
            fresh = begins < BASE and number == 0 and not scribe.chance(20)
            value = {"settle_after_ms": times.settle_after, "effective_from": begins, **policy(scribe)}
            scribe.reference("policies", BASE if fresh else scribe.beside(scribe.pick(*times.seen)), value)


def policy(scribe: Scribe) -> dict[str, Any]:
    return {
        "policy_id": "default",
        "model": scribe.pick("last_touch", *MODELS),
        "half_life_ms": scribe.pick(None, MINUTE, HOUR, 5 * HOUR),
        "default_window_ms": scribe.pick(*WINDOWS),
        "max_window_ms": scribe.pick(None, 6 * HOUR, DAY, 36 * HOUR),
        "min_click_to_order_ms": scribe.pick(*TOO_FAST),
        "late_lock_ms": scribe.pick(*LATE_LOCKS),
        "max_order_delay_ms": scribe.pick(None, ORDER_DELAY),
        "invitation_only": scribe.pick(None, True, False),
        "min_payable": scribe.pick(None, None, 0, 1, 2, 50),
    }


KINDS: Final = (
    ("links", tuple(LINKS), link),
    ("promoters", PROMOTERS, promoter),
    ("rooms", ROOMS, room),
    ("campaigns", CAMPAIGNS, campaign),
)


def references(scribe: Scribe, times: Times) -> None:
    """One to three versions of each, begun and written at the times that matter to the orders."""
    policies(scribe, times)
    for topic, names, draw in KINDS:
        for name in names:
            begins = BASE - 10 * DAY if scribe.chance(93) else scribe.pick(*times.happened)
            versions(scribe, topic, begins, draw(scribe, name, times), late=scribe.chance(7), times=times)
            for _ in range(scribe.pick(0, 0, 1, 2)):
                begins = scribe.beside(scribe.pick(*times.happened))
                value = draw(scribe, name, times)
                versions(scribe, topic, begins, value, late=scribe.chance(60), times=times)
            if scribe.chance(20):
                versions(scribe, topic, begins, draw(scribe, name, times), late=True, times=times)


def versions(
    scribe: Scribe, topic: str, begins: int, value: dict[str, Any], *, late: bool, times: Times
) -> None:
    """Write a version, sometimes twice; a late one is written close to some lock or order."""
    timestamp = scribe.beside(scribe.pick(*times.seen)) if late else begins - HOUR
    scribe.reference(topic, timestamp, {**value, "effective_from": begins})
    if scribe.chance(10):
        again = scribe.beside(scribe.pick(*times.seen))
        scribe.reference(topic, again, {**value, "effective_from": begins})
