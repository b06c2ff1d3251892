"""The layout of state in a store: keys sort in the order of scans, values are MessagePack.

In a key, each id follows its length in bytes (1 to 128), so that no id is a prefix of another. The keys of
rows that expire begin with the row's segment. Expired rows are dropped by segment, without a scan.
"""

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Final

import msgspec
from msgspec.structs import astuple

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.domain.commissions.state import Ledger, OrderTerms, Origin, Terms
from attribution.domain.decisions.standing import StandingDecision
from attribution.domain.orders.order import Fact
from attribution.domain.records.events import Click, OrderEvent, RoomEntry
from attribution.domain.records.outputs import Bucket, CreditRecord
from attribution.domain.steps.buyer import Order
from attribution.domain.touches.interaction import ENTRY, Interaction

INTERACTIONS: Final = "moments"
KEPT: Final = "kept"
"""Which interactions this store holds. Like them it is in no changelog: it describes this store only."""
ANONYMOUS_CLICKS: Final = "threads"
EVENT_IDS: Final = "identities"
EXPIRING: Final = (INTERACTIONS, ANONYMOUS_CLICKS, EVENT_IDS)
"""The tables whose keys begin with a segment, and that have no copy in memory."""


class _StoredInteraction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    kind: int
    reported_at: int
    touch_at: int
    claimed_at: int


class _StoredClick(_StoredInteraction, frozen=True, array_like=True, gc=False):
    event: Click


class _StoredEntry(_StoredInteraction, frozen=True, array_like=True, gc=False):
    event: RoomEntry


class _StoredInteractions(msgspec.Struct, frozen=True, array_like=True, gc=False):
    clicks: list[_StoredClick]
    entries: list[_StoredEntry]


class _StoredFact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    timestamp: int
    partition: int
    offset: int
    key: str | None
    value: bytes


class _StoredDecision(msgspec.Struct, frozen=True, array_like=True):
    """The standing decision and its terms."""

    revision: int
    digest: bytes
    lock: int
    placed_at: int
    range_from: int
    credits: list[CreditRecord]
    terms: list[Terms]
    origin: Origin
    least_payable: int
    settle_after_ms: int | None


class _StoredOrder(msgspec.Struct, frozen=True, array_like=True):
    order_id: str
    refused: list[str]
    decision: _StoredDecision | None
    seq: int
    currency: str
    posted: list[tuple[str, Bucket, int]]
    note: str | None
    has_settled: bool


_Row = tuple[int, int, int, int, Click | RoomEntry]

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE_INTERACTIONS: Final = msgspec.msgpack.Decoder(_StoredInteractions).decode
_DECODE_ORDER: Final = msgspec.msgpack.Decoder(_StoredOrder).decode
_DECODE_FACT: Final = msgspec.msgpack.Decoder(_StoredFact).decode
_DECODE_ANONYMOUS_CLICKS: Final = msgspec.msgpack.Decoder(AnonymousClicks).decode
_DECODE_EVENT: Final = msgspec.json.Decoder(OrderEvent).decode


def id_key(identity: str) -> bytes:
    """Encode an id as part of a key."""
    encoded = identity.encode()
    return bytes((len(encoded),)) + encoded


def time_key(time: int) -> bytes:
    """Encode a time (ms) as part of a key."""
    return time.to_bytes(8, "big")


def split_ids(key: bytes, start: int) -> list[str]:
    """Return the ids in a key from a byte position on."""
    ids = []
    while start < len(key):
        stop = start + 1 + key[start]
        ids.append(key[start + 1 : stop].decode())
        start = stop
    return ids


def pack_interactions(interactions: Iterable[Interaction]) -> bytes:
    """Return a row with some of a buyer's interactions."""
    clicks: list[_Row] = []
    entries: list[_Row] = []
    for m in interactions:
        row = (m.kind, m.reported_at, m.touch_at, m.claimed_at, m.event)
        (entries if m.kind == ENTRY else clicks).append(row)
    return _ENCODE((clicks, entries))


def unpack_interactions(row: bytes) -> Iterator[Interaction]:
    """Yield the interactions of a row."""
    stored = _DECODE_INTERACTIONS(row)
    for click in stored.clicks:
        yield _interaction(click, click.event)
    for entry in stored.entries:
        yield _interaction(entry, entry.event)


def _interaction(stored: _StoredInteraction, event: Click | RoomEntry) -> Interaction:
    return Interaction(
        event.occurred_at,
        event.event_id,
        stored.kind,
        event.click_id or "",
        intern(event.link_id or ""),
        stored.reported_at,
        stored.touch_at,
        stored.claimed_at,
        event,
    )


def pack_fact(fact: Fact) -> bytes:
    """Return the row of an order's fact.

    Each fact has its own row, since a record may be as large as a broker accepts.
    """
    return _ENCODE(_StoredFact(fact.timestamp, fact.partition, fact.offset, fact.key, fact.value))


def unpack_fact(row: bytes) -> Fact:
    """Return the fact of a row."""
    stored = _DECODE_FACT(row)
    event = _DECODE_EVENT(stored.value)
    return Fact(stored.timestamp, event.occurred_at, event.event_id, event, *astuple(stored)[1:])


def pack_order(order: Order) -> bytes:
    """Return an order's row, without its facts."""
    ledger = order.ledger
    return _ENCODE(
        _StoredOrder(
            order_id=order.order_id,
            refused=sorted(order.facts.refused),
            decision=_stored_decision(order.standing, order.terms),
            seq=ledger.seq,
            currency=ledger.currency,
            posted=[(account, bucket, amount) for (account, bucket), amount in ledger.posted.items()],
            note=ledger.note,
            has_settled=ledger.has_settled,
        )
    )


def _stored_decision(standing: StandingDecision | None, terms: OrderTerms | None) -> _StoredDecision | None:
    if standing is None or terms is None:
        return None
    return _StoredDecision(*astuple(standing), *astuple(terms))


def unpack_order(row: bytes) -> Order:
    """Return the order of a row, without its facts."""
    stored = _DECODE_ORDER(row)
    order = Order(stored.order_id)
    order.facts.refused = set(stored.refused)
    if stored.decision is not None:
        order.standing = StandingDecision(*astuple(stored.decision)[:6])
        order.terms = OrderTerms(*astuple(stored.decision)[6:])
    posted = {(account, bucket): amount for account, bucket, amount in stored.posted}
    order.ledger = Ledger(stored.seq, stored.currency, posted, stored.note, stored.has_settled)  # type: ignore[arg-type]
    return order


def pack_anonymous_clicks(anonymous_clicks: AnonymousClicks) -> bytes:
    """Return the row of a click_id's anonymous clicks."""
    return _ENCODE(anonymous_clicks)


def unpack_anonymous_clicks(row: bytes) -> AnonymousClicks:
    """Return the anonymous clicks of a row."""
    return _DECODE_ANONYMOUS_CLICKS(row)
