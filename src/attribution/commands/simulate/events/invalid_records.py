"""Records that must be refused: one recipe per code that a single record can have (contract, section 6).

The key of a broken record and its ``event_id`` (or reference id) contain the expected code.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import msgspec

from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.domain.records.events import Click, OrderPaid, RoomEntry
from attribution.domain.records.fields import DAY_MS, MAX_RECORD_BYTES
from attribution.domain.records.outputs import RefusalCode
from attribution.domain.records.reference import Campaign, Link, Split
from attribution.engine.producer_record import ProducerRecord

# A record over 256 KiB is costly. Only one round of broken records in 20 contains one.
_LARGE_EVERY: Final = 20


def with_faults(
    records: Iterator[ProducerRecord], rng: RandomSource, scenario: Scenario
) -> Iterator[ProducerRecord]:
    """Yield the records, and add ``broken_ppm`` of their number as broken ones, each kind in turn."""
    numbers = count()
    for record in records:
        yield record
        if record.timestamp >= scenario.start_ms and rng.chance(scenario.broken_ppm):
            yield broken(next(numbers), record.timestamp)


def broken(number: int, now: int) -> ProducerRecord:
    """Return broken record ``number``. The kinds take turns."""
    rounds, place = divmod(number, len(RECIPES))
    code = tuple(RECIPES)[place]
    if code == "TOO_LARGE" and rounds % _LARGE_EVERY:
        code = "BAD_JSON"
    return RECIPES[code](f"x{number}-{code}", now)


def _click(ident: str, now: int) -> dict[str, Any]:
    click = Click(
        event_id=ident, occurred_at=now, click_id=ident, link_id="l1", surface="showcase", buyer_id=ident
    )
    return _fields(click)


def _entry(ident: str, now: int) -> dict[str, Any]:
    return _fields(RoomEntry(event_id=ident, occurred_at=now, buyer_id=ident, room_id="r0"))


def _paid(ident: str, now: int) -> dict[str, Any]:
    paid = OrderPaid(
        event_id=ident,
        occurred_at=now,
        order_id=ident,
        buyer_id=ident,
        placed_at=now,
        merchant_id="m00",
        product_id="p000",
        quantity=1,
        currency="CNY",
        paid_amount=1_000,
        carrier="live",
        room_id="r0",
    )
    return _fields(paid)


def _fields(event: msgspec.Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(event)
    return fields


def _record(topic: str, key: str, now: int, fields: object) -> ProducerRecord:
    return ProducerRecord(topic, now, key, msgspec.json.encode(fields))


def _bad_json(ident: str, now: int) -> ProducerRecord:
    whole = msgspec.json.encode(_click(ident, now))
    return ProducerRecord("clicks", now, ident, whole[:-7])


def _wrong_type(ident: str, now: int) -> ProducerRecord:
    return _record("orders", ident, now, _paid(ident, now) | {"quantity": 1.0})


def _missing_field(ident: str, now: int) -> ProducerRecord:
    fields = _click(ident, now)
    del fields["link_id"]
    return _record("clicks", ident, now, fields)


def _unknown_value(ident: str, now: int) -> ProducerRecord:
    return _record("clicks", ident, now, _click(ident, now) | {"surface": "billboard"})


def _too_long(ident: str, now: int) -> ProducerRecord:
    return _record("clicks", ident, now, _click(ident, now) | {"external_info": "y" * 41})


def _out_of_range(ident: str, now: int) -> ProducerRecord:
    return _record("orders", ident, now, _paid(ident, now) | {"paid_amount": -1})


def _time_out_of_range(ident: str, now: int) -> ProducerRecord:
    return _record("room-entries", ident, now, _entry(ident, now) | {"left_at": 1})


def _time_in_future(ident: str, now: int) -> ProducerRecord:
    return _record("orders", ident, now, _paid(ident, now) | {"placed_at": now + HOUR_MS})


def _too_large(ident: str, now: int) -> ProducerRecord:
    return _record("room-entries", ident, now, _entry(ident, now) | {"padding": "z" * MAX_RECORD_BYTES})


def _bad_link(ident: str, now: int) -> ProducerRecord:
    link = Link(effective_from=now, link_id=ident, promoter_id="pr000", target="room", valid_from=now)
    return _record("links", f"{ident}@{now}", now, link)


def _bad_splits(ident: str, now: int) -> ProducerRecord:
    campaign = Campaign(
        effective_from=now,
        campaign_id=ident,
        kind="standard",
        rate_ppm=100_000,
        window_ms=DAY_MS,
        splits=[Split("promoter", "total", 800_000), Split("creator", "total", 300_000)],
        remainder_to="platform",
    )
    return _record("campaigns", f"{ident}@{now}", now, campaign)


def _too_late(ident: str, now: int) -> ProducerRecord:
    return _record("orders", ident, now, _paid(ident, now) | {"placed_at": now - 8 * DAY_MS})


RECIPES: Final[dict[RefusalCode, Callable[[str, int], ProducerRecord]]] = {
    "BAD_JSON": _bad_json,
    "WRONG_TYPE": _wrong_type,
    "MISSING_FIELD": _missing_field,
    "UNKNOWN_VALUE": _unknown_value,
    "TOO_LONG": _too_long,
    "OUT_OF_RANGE": _out_of_range,
    "TIME_OUT_OF_RANGE": _time_out_of_range,
    "TIME_IN_FUTURE": _time_in_future,
    "TOO_LARGE": _too_large,
    "BAD_LINK": _bad_link,
    "BAD_SPLITS": _bad_splits,
    "TOO_LATE": _too_late,
}
"""The recipe for each expected code: (id, now) -> record."""
