"""How state is laid out in a store: keys whose order is the order of scans, values in MessagePack.

Every id in a key is preceded by its length in bytes (1 to 128), so that no id is a prefix of another. Rows that expire
begin with their time bucket, so that they go by the bucket, never by scanning.
"""

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Final

import msgspec

from attribution.domain.clicks.anonymous import Thread
from attribution.domain.orders.order import Fact, Order
from attribution.domain.orders.published import Ledger, Standing
from attribution.domain.records.events import Click, OrderEvent, RoomEntry
from attribution.domain.records.outputs import Bucket
from attribution.domain.touches.interaction import ENTRY, Moment

MOMENTS: Final = "moments"
KEPT: Final = "kept"
"""What this store holds of moments: like them in no changelog, since what another worker's store holds is no matter here."""
THREADS: Final = "threads"
IDENTITIES: Final = "identities"
EXPIRING: Final = (MOMENTS, THREADS, IDENTITIES)
"""The tables whose keys begin with a bucket, and that nothing in memory mirrors."""


class _StoredMoment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    kind: int
    reported_at: int
    touch_at: int
    claimed_at: int


class _StoredClick(_StoredMoment, frozen=True, array_like=True, gc=False):
    event: Click


class _StoredEntry(_StoredMoment, frozen=True, array_like=True, gc=False):
    event: RoomEntry


class _StoredMoments(msgspec.Struct, frozen=True, array_like=True, gc=False):
    clicks: list[_StoredClick]
    entries: list[_StoredEntry]


class _StoredFact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    timestamp: int
    partition: int
    offset: int
    key: str | None
    value: bytes


class _StoredOrder(msgspec.Struct, frozen=True, array_like=True):
    order_id: str
    refused: list[str]
    standing: Standing | None
    seq: int
    currency: str
    posted: list[tuple[str, Bucket, int]]
    note: str | None
    has_settled: bool


_Row = tuple[int, int, int, int, Click | RoomEntry]

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE_MOMENTS: Final = msgspec.msgpack.Decoder(_StoredMoments).decode
_DECODE_ORDER: Final = msgspec.msgpack.Decoder(_StoredOrder).decode
_DECODE_FACT: Final = msgspec.msgpack.Decoder(_StoredFact).decode
_DECODE_THREAD: Final = msgspec.msgpack.Decoder(Thread).decode
_DECODE_EVENT: Final = msgspec.json.Decoder(OrderEvent).decode


def id_key(identity: str) -> bytes:
    """Return an id as part of a key."""
    encoded = identity.encode()
    return bytes((len(encoded),)) + encoded


def time_key(time: int) -> bytes:
    """Return a time as part of a key."""
    return time.to_bytes(8, "big")


def split_ids(key: bytes, start: int) -> list[str]:
    """Return the ids that a key holds from a place on."""
    ids = []
    while start < len(key):
        stop = start + 1 + key[start]
        ids.append(key[start + 1 : stop].decode())
        start = stop
    return ids


def pack_moments(moments: Iterable[Moment]) -> bytes:
    """Return the row of some of a buyer's moments."""
    clicks: list[_Row] = []
    entries: list[_Row] = []
    for m in moments:
        row = (m.kind, m.reported_at, m.touch_at, m.claimed_at, m.event)
        (entries if m.kind == ENTRY else clicks).append(row)
    return _ENCODE((clicks, entries))


def unpack_moments(row: bytes) -> Iterator[Moment]:
    """Yield the moments of a row."""
    stored = _DECODE_MOMENTS(row)
    for click in stored.clicks:
        yield _moment(click, click.event)
    for entry in stored.entries:
        yield _moment(entry, entry.event)


def _moment(stored: _StoredMoment, event: Click | RoomEntry) -> Moment:
    return Moment(
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
    """Return the row of an order's fact: a row of its own, since a record may be as large as a broker takes."""
    return _ENCODE(_StoredFact(fact.timestamp, fact.partition, fact.offset, fact.key, fact.value))


def unpack_fact(row: bytes) -> Fact:
    """Return the fact of a row."""
    stored = _DECODE_FACT(row)
    event = _DECODE_EVENT(stored.value)
    return Fact(
        stored.timestamp, event.occurred_at, event.event_id, event, *msgspec.structs.astuple(stored)[1:]
    )


def pack_order(order: Order) -> bytes:
    """Return an order's row; its facts have their own."""
    ledger = order.ledger
    return _ENCODE(
        _StoredOrder(
            order_id=order.order_id,
            refused=sorted(order.refused),
            standing=order.standing,
            seq=ledger.seq,
            currency=ledger.currency,
            posted=[(account, bucket, amount) for (account, bucket), amount in ledger.posted.items()],
            note=ledger.note,
            has_settled=ledger.has_settled,
        )
    )


def unpack_order(row: bytes) -> Order:
    """Return the order of a row, without its facts."""
    stored = _DECODE_ORDER(row)
    order = Order(stored.order_id)
    order.refused = set(stored.refused)
    order.standing = stored.standing
    posted = {(account, bucket): amount for account, bucket, amount in stored.posted}
    order.ledger = Ledger(stored.seq, stored.currency, posted, stored.note, stored.has_settled)  # type: ignore[arg-type]
    return order


def pack_thread(thread: Thread) -> bytes:
    """Return a thread's row."""
    return _ENCODE(thread)


def unpack_thread(row: bytes) -> Thread:
    """Return the thread of a row."""
    return _DECODE_THREAD(row)
