"""Generates small dense histories that are full of boundary cases; the same seed gives the same history."""

from typing import Any, Final

import msgspec

from attribution_tests.oracle.reading import Arrival

from .lifecycle import lifecycle
from .plan import Plan
from .scribe import BASE, END, HOUR, MINUTE, Scribe
from .world import (
    BUYERS,
    CLICKED,
    LATE_LOCKS,
    MERCHANTS,
    ORDER_DELAY,
    PRODUCTS,
    ROOMS,
    SETTLE_AFTER,
    TOO_FAST,
    WINDOWS,
    Times,
    references,
)

SLOTS: Final = 8
AGES: Final = (0, *TOO_FAST, *WINDOWS, 36 * HOUR)
SURFACES: Final = ("off_platform", "short_video", "live", "showcase", "product_card", "image_text")


def arrivals(seed: int, orders: int = 30) -> list[Arrival]:
    """Return a history with copies and clashes, in the order (record timestamp, topic rank, order of writing)."""
    scribe = Scribe(seed)
    plans = [plan(scribe, number) for number in range(orders)]
    touched: list[int] = []
    for one in plans:
        touched += [touch(scribe, one) for _ in range(scribe.pick(0, 1, 2, 3, 4))]
        lifecycle(scribe, one)
    recent = [one for one in plans if one.placed_at >= BASE] or plans
    locks = [one.placed_at + wait for one in recent for wait in LATE_LOCKS]
    settle_after = scribe.pick(*SETTLE_AFTER)
    ticks(scribe, recent, settle_after or 0)
    disturb(scribe, locks)
    happened = [at for at in touched if at >= BASE] + [one.placed_at for one in recent]
    references(scribe, Times(happened, [*locks, *(one.placed_at for one in recent)], settle_after))
    return scribe.in_total_order()


def plan(scribe: Scribe, number: int) -> Plan:
    """Plan an order; orders crowd into few hours, and one in 25 is a week old when it is paid."""
    slot = BASE + 36 * HOUR + scribe.random.randrange(SLOTS) * 3 * HOUR
    placed_at = slot + scribe.pick(0, 0, 1, 1_000, MINUTE, scribe.random.randrange(HOUR))
    return Plan(
        order_id=f"o{number}",
        buyer_id=scribe.pick(*BUYERS),
        placed_at=placed_at - ORDER_DELAY if scribe.chance(4) else placed_at,
        merchant_id=scribe.pick(*MERCHANTS),
        product_id=scribe.pick(*PRODUCTS),
        room_id=scribe.pick(None, *ROOMS, *ROOMS),
    )


def recorded(scribe: Scribe, order: Plan, occurred_at: int) -> int:
    """Return a record timestamp soon after the event, or close to a possible lock of the order."""
    if scribe.chance(30):
        return scribe.beside(order.placed_at + scribe.pick(*LATE_LOCKS))
    return occurred_at + scribe.lag()


def touch(scribe: Scribe, order: Plan) -> int:
    """Write a touch of the order's buyer at a boundary of some rule; return its time."""
    age = scribe.pick(scribe.beside(scribe.pick(*AGES)), scribe.random.randrange(6 * HOUR))
    way = scribe.pick(identified, identified, identified, anonymous, entered)
    way(scribe, order, max(order.placed_at - age, BASE - ORDER_DELAY))
    if scribe.chance(60):
        visit(scribe, order, order.placed_at - scribe.pick(0, age, age, scribe.beside(age), -1))
    return order.placed_at - age


def click(scribe: Scribe, order: Plan, occurred_at: int, buyer_id: str | None) -> str:
    """Write a click. Event ids of anonymous clicks are unique everywhere, so that no touches of a buyer tie."""
    click_id = f"k-{scribe.event_id('click_id')}"
    event_id = scribe.event_id(f"clicks:{buyer_id}") if buyer_id else f"{click_id}-anonymous"
    value = {
        "event_id": event_id,
        "occurred_at": occurred_at,
        "click_id": click_id,
        "link_id": scribe.pick(*CLICKED),
        "buyer_id": buyer_id,
        "surface": scribe.pick(*SURFACES),
    }
    scribe.event("clicks", recorded(scribe, order, occurred_at), value)
    return click_id


def entry(scribe: Scribe, order: Plan, occurred_at: int, **fields: str | None) -> None:
    value = {
        "buyer_id": order.buyer_id,
        "occurred_at": occurred_at,
        "room_id": scribe.pick(order.room_id, *ROOMS) or "r1",
        **fields,
    }
    value.setdefault("event_id", scribe.event_id(f"room-entries:{value['buyer_id']}"))
    scribe.event("room-entries", recorded(scribe, order, occurred_at), value)


def identified(scribe: Scribe, order: Plan, occurred_at: int) -> None:
    """Write a click with a buyer. Sometimes an entry of this buyer (no touch) or another (a touch) names it."""
    click_id = click(scribe, order, occurred_at, order.buyer_id)
    if scribe.chance(25):
        later = occurred_at + scribe.pick(-1, 0, 1, 1_000)
        buyer = scribe.pick(order.buyer_id, *BUYERS)
        link_id = scribe.pick(None, *CLICKED)
        entry(scribe, order, later, click_id=click_id, link_id=link_id, buyer_id=buyer)


def anonymous(scribe: Scribe, order: Plan, occurred_at: int) -> None:
    """Write an anonymous click by which several buyers enter, some of them before it."""
    click_id = click(scribe, order, occurred_at, None)
    for buyer in (order.buyer_id, *BUYERS[: scribe.pick(0, 1, 3)]):
        later = occurred_at + scribe.pick(-1, 0, 1, 1_000, MINUTE)
        link_id = scribe.pick(None, None, *CLICKED)
        entry(scribe, order, later, click_id=click_id, link_id=link_id, buyer_id=buyer)


def entered(scribe: Scribe, order: Plan, occurred_at: int) -> None:
    """Write an entry by a link; sometimes it ties with a click of the same event_id, or names an unknown click."""
    click_id = scribe.pick(None, None, "k-unknown")
    if scribe.chance(40):
        twins(scribe, order, occurred_at, f"twin-{scribe.event_id('twins')}")
    entry(scribe, order, occurred_at, link_id=scribe.pick(*CLICKED), click_id=click_id)


def twins(scribe: Scribe, order: Plan, occurred_at: int, event_id: str) -> None:
    """Write a click and an entry that differ only in their class."""
    value = {"event_id": event_id, "occurred_at": occurred_at, "buyer_id": order.buyer_id, "surface": "live"}
    value |= {"click_id": f"k-{event_id}", "link_id": scribe.pick(*CLICKED)}
    scribe.event("clicks", recorded(scribe, order, occurred_at), value)
    entry(scribe, order, occurred_at, event_id=event_id, link_id=scribe.pick(*CLICKED))


def visit(scribe: Scribe, order: Plan, occurred_at: int) -> None:
    """Write an entry without a link: a link to a room requires one."""
    entry(scribe, order, occurred_at)


def ticks(scribe: Scribe, plans: list[Plan], wait: int) -> None:
    """Write ticks up to the time at which some order becomes due, or a millisecond to either side of it."""
    last = scribe.beside(scribe.pick(*plans).received_at + wait)
    for number, occurred_at in enumerate([*range(BASE, min(last, END - HOUR), 6 * HOUR), last]):
        scribe.event("ticks", occurred_at, {"event_id": f"tick-{number}", "occurred_at": occurred_at})


def disturb(scribe: Scribe, locks: list[int]) -> None:
    """Copy some events, earlier or later, and let some copies clash."""
    for one in list(scribe.arrivals):
        if not scribe.chance(15):
            continue
        value = msgspec.json.decode(one.value)
        if scribe.chance(35):
            value = contradiction(scribe, one.topic, value)
        timestamp = scribe.pick(
            one.timestamp, one.timestamp - 1_000, one.timestamp + HOUR, scribe.pick(*locks)
        )
        scribe.event(one.topic, timestamp, value)


def contradiction(scribe: Scribe, topic: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return another content for the same identity."""
    if topic == "clicks":
        return {**value, "link_id": scribe.pick(*CLICKED)}
    if topic == "room-entries":
        return {**value, "room_id": scribe.pick(*ROOMS)}
    if "paid_amount" in value:
        return {**value, "paid_amount": value["paid_amount"] + 100}
    if "refund_amount" in value:
        return {**value, "refund_amount": value["refund_amount"] + 1}
    return {**value, "occurred_at": value["occurred_at"] - 1}
