"""The smallest world in which a touch is credited: one buyer, link, promoter, campaign and order.

A test names what it changes. Everything else lets the touch be credited.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, TypeVar

from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.decide import decide
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.orders.order import Fact, OrderFacts
from attribution.domain.records.events import (
    Click,
    OrderClosed,
    OrderEvent,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
    RoomEntry,
)
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter, Room, Version
from attribution.domain.references.catalogue import ID_FIELDS, Catalogue
from attribution.domain.touches.history import History

T = TypeVar("T")
Touched: TypeAlias = Click | RoomEntry
Recorded: TypeAlias = tuple[Any, int]
"""An event or a version, and its record timestamp."""

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
PLACED: Final = 1_700_000_000_000
"""When the order is placed: a Tuesday."""
TOUCH: Final = PLACED - HOUR
"""When the touch occurs, unless a test says otherwise."""
EVER: Final = PLACED - 400 * DAY
"""The time from which all versions are in force and known."""
LOCK: Final = PLACED + 10 * MINUTE
TOPIC_OF: Final[dict[type[Version], str]] = {
    Link: "links",
    Promoter: "promoters",
    Room: "rooms",
    Campaign: "campaigns",
    Policy: "policies",
}


def _made(kind: type[T], known: dict[str, Any], fields: dict[str, Any]) -> T:
    return kind(**(known | fields))


def link(**fields: Any) -> Link:
    known = {"link_id": "L", "promoter_id": "P", "campaign_id": "C", "target": "any"}
    return _made(Link, known | {"effective_from": EVER, "valid_from": EVER}, fields)


def promoter(**fields: Any) -> Promoter:
    known = {"promoter_id": "P", "kind": "individual", "effective_from": EVER, "enrolled_from": EVER}
    return _made(Promoter, known, fields)


def room(room_id: str = "R", creator_id: str = "K", **fields: Any) -> Room:
    known = {"room_id": room_id, "creator_id": creator_id, "effective_from": EVER, "started_at": EVER}
    return _made(Room, known, fields)


def campaign(**fields: Any) -> Campaign:
    known = {"campaign_id": "C", "kind": "standard", "effective_from": EVER, "rate_ppm": 100_000}
    known |= {"window_ms": DAY, "splits": [], "remainder_to": "promoter"}
    return _made(Campaign, known, fields)


def policy(**fields: Any) -> Policy:
    known = {"policy_id": "default", "effective_from": EVER, "model": "last_touch"}
    known |= {"default_window_ms": DAY, "min_click_to_order_ms": 0, "late_lock_ms": LOCK - PLACED}
    return _made(Policy, known, fields)


def click(event_id: str = "c", occurred_at: int = TOUCH, **fields: Any) -> Click:
    known = {"event_id": event_id, "occurred_at": occurred_at, "click_id": f"k-{event_id}"}
    return _made(Click, known | {"link_id": "L", "buyer_id": "B", "surface": "live"}, fields)


def entry(event_id: str = "e", occurred_at: int = TOUCH, **fields: Any) -> RoomEntry:
    known = {"event_id": event_id, "occurred_at": occurred_at, "buyer_id": "B", "room_id": "R"}
    return _made(RoomEntry, known, fields)


def _order_event(kind: type[T], event_id: str, known: dict[str, Any], fields: dict[str, Any]) -> T:
    defaults = {"event_id": event_id, "occurred_at": PLACED, "order_id": "O", "buyer_id": "B"}
    return _made(kind, defaults | known, fields)


def paid(**fields: Any) -> OrderPaid:
    known = {"placed_at": PLACED, "merchant_id": "M", "product_id": "X", "quantity": 1, "currency": "CNY"}
    return _order_event(OrderPaid, "paid", known | {"paid_amount": 10_000, "carrier": "live"}, fields)


def refunded(refund_id: str, refund_amount: int, **fields: Any) -> OrderRefunded:
    known = {"refund_id": refund_id, "refund_amount": refund_amount}
    return _order_event(OrderRefunded, f"refunded-{refund_id}", known, fields)


def received(**fields: Any) -> OrderReceived:
    return _order_event(OrderReceived, "received", {}, fields)


def settled(**fields: Any) -> OrderSettled:
    return _order_event(OrderSettled, "settled", {}, fields)


def closed(**fields: Any) -> OrderClosed:
    return _order_event(OrderClosed, "closed", {}, fields)


def fact(event: OrderEvent, timestamp: int | None = None) -> Fact:
    recorded = event.occurred_at if timestamp is None else timestamp
    return Fact(recorded, event.occurred_at, event.event_id, event, 0, 0, None, b"")


def order(*facts: Fact) -> OrderFacts:
    made = OrderFacts()
    for one in facts:
        made.apply(one)
    return made


def catalogue(*versions: Version | Recorded, default: Policy | None = None) -> Catalogue:
    """Return a catalogue. A version without a record timestamp is recorded when it takes effect."""
    made = Catalogue(policy() if default is None else default)
    for offset, one in enumerate(versions):
        version, timestamp = one if isinstance(one, tuple) else (one, one.effective_from)
        made.add(TOPIC_OF[type(version)], version, timestamp, offset)
    return made


WORLD: Final = (link(), promoter(), room(), campaign())


def history(*events: Touched | Recorded) -> History:
    """Return a history. An event without a record timestamp is recorded when it occurs."""
    made = History()
    for one in events:
        event, timestamp = one if isinstance(one, tuple) else (one, one.occurred_at)
        if isinstance(event, RoomEntry):
            made.apply_entry(event, timestamp)
        elif event.buyer_id is None:
            made.apply_forwarded_click(event, timestamp)
        else:
            made.apply_click(event, timestamp)
    return made


def context(
    *events: Touched | Recorded,
    ordered: OrderPaid | None = None,
    changed: Sequence[Version | Recorded] = (),
    rules: Policy | None = None,
    lock: int | None = None,
) -> OrderContext:
    """Return the order context for these events. The changed versions extend or replace the world's."""
    replaced = {_name(one[0] if isinstance(one, tuple) else one) for one in changed}
    kept = [one for one in WORLD if _name(one) not in replaced]
    known = catalogue(*kept, *changed, default=rules)
    order_paid = paid() if ordered is None else ordered
    locked = order_paid.placed_at + LOCK - PLACED if lock is None else lock
    return OrderContext("B", history(*events), order_paid, locked, SnapshotCache(known))


def _name(version: Version) -> tuple[str, str]:
    topic = TOPIC_OF[type(version)]
    return topic, getattr(version, ID_FIELDS[topic])


def verdicts(of: OrderContext) -> dict[str, str]:
    return {candidate.touch_id: candidate.verdict for candidate in decide(of).body.candidates}
