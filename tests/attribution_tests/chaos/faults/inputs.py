"""Faults of producers: they send invalid records, records at every limit, or nothing."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec

from attribution.domain.records.fields import MAX_AMOUNT, MAX_ID_BYTES, MAX_RECORD_BYTES, MAX_TIME, MIN_TIME
from attribution.domain.records.topics import READ
from attribution.engine.producer_record import ProducerRecord
from attribution.streams.clients.partitioner import partition_of
from attribution_tests.chaos.trial import Fault, Trial

_BUSY: Final = 1
"""The only partition with records."""
_GLOBAL: Final = frozenset(topic.name for topic in READ if topic.partitions == 1)
_KEYED: Final = ("clicks", "room-entries", "orders")
_POISON: Final[tuple[bytes, ...]] = (
    b"",
    b"null",
    b"[]",
    b'"',
    b"{",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"event_id":1e400}',
    b'{"event_id":NaN}',
    b'{"event_id":"\\ud800"}',
    b"1" * 100_000,
    b" " * MAX_RECORD_BYTES,
    b" " * (MAX_RECORD_BYTES + 1),
)
_EACH: Final = 3
_CLICKS_OF_ONE: Final = 2_500
_REFUNDS: Final = 6


def poisoned(records: list[ProducerRecord], rng: random.Random) -> list[ProducerRecord]:
    """Add invalid records to every topic, behind random other records."""
    return _mixed(records, _poison(records), rng)


def at_limits(records: list[ProducerRecord], rng: random.Random) -> list[ProducerRecord]:
    """Add records at every limit and just beyond it."""
    by_topic = {topic: [one for one in records if one.topic == topic] for topic in _KEYED}
    found: list[ProducerRecord] = []
    for topic, some in by_topic.items():
        for changes in _extremes(topic):
            found.append(_changed(rng.choice(some), f"limit-{len(found)}", changes))
        for size in (MAX_RECORD_BYTES, MAX_RECORD_BYTES + 1):
            found.append(_padded(_changed(rng.choice(some), f"limit-{len(found)}", {}), size))
    return [*_mixed(records, found, rng), *_busy_buyer(by_topic)]


def large_order(records: list[ProducerRecord], _: random.Random) -> list[ProducerRecord]:
    """Add refunds of one order: each within the size limit, together larger than a batch may be."""
    paid = next(one for one in records if one.topic == "orders" and b'"type":"paid"' in one.value)
    value = msgspec.json.decode(paid.value)
    refunds = [
        {
            "type": "refunded",
            "event_id": f"large-{number}",
            "occurred_at": value["occurred_at"],
            "order_id": value["order_id"],
            "buyer_id": value["buyer_id"],
            "refund_id": f"large-{number}",
            "refund_amount": 1,
        }
        for number in range(_REFUNDS)
    ]
    more = [replace(paid, value=msgspec.json.encode(refund)) for refund in refunds]
    return [*records, *(_padded(one, MAX_RECORD_BYTES - 1_000) for one in more)]


def one_partition_only(records: list[ProducerRecord], _: random.Random) -> list[ProducerRecord]:
    """Remove the records of all other partitions."""
    return [one for one in records if one.topic in _GLOBAL or partition_of(one.key.encode(), 4) == _BUSY]


def just_run(trial: Trial) -> None:
    """Do nothing: the records are the fault."""
    trial.live.wait_until_published(0.5, 120.0)
    trial.demand_progress("records are invalid or large", 20.0)


def kill_few(trial: Trial) -> None:
    """Kill a worker now and then, so that it meets the faulty records again after each restart."""
    for _ in range(trial.rounds):
        trial.last(1.0, 3.0)
        trial.fleet.kill(trial.any_worker())
        trial.kills += 1
        trial.demand_progress("a worker was killed", 30.0)
    trial.recover()


def _poison(records: list[ProducerRecord]) -> Iterator[ProducerRecord]:
    for topic in READ:
        sample = next((one for one in records if one.topic == topic.name), None)
        if sample is not None:
            yield from (replace(sample, value=value) for value in _POISON)


def _mixed(
    records: list[ProducerRecord], more: Iterator[ProducerRecord] | list[ProducerRecord], rng: random.Random
) -> list[ProducerRecord]:
    """Insert each record behind random others, with their record timestamps."""
    behind: dict[int, list[ProducerRecord]] = {}
    for one in more:
        for _ in range(_EACH):
            behind.setdefault(rng.randrange(len(records)), []).append(one)
    found = []
    for number, record in enumerate(records):
        found.append(record)
        found += [replace(one, timestamp=record.timestamp) for one in behind.get(number, ())]
    return found


def _extremes(topic: str) -> Iterator[dict[str, Any]]:
    for size in (MAX_ID_BYTES, MAX_ID_BYTES + 1):
        yield {"event_id": "é" * (size // 2) + "x" * (size % 2)}
    for time in (MIN_TIME, MIN_TIME - 1, MAX_TIME, MAX_TIME + 1):
        yield {"occurred_at": time}
    if topic == "clicks":
        yield from ({"external_info": "界" * size, "channel": "c" * 128} for size in (40, 41))
    if topic == "orders":
        yield from ({"paid_amount": amount} for amount in (0, MAX_AMOUNT, MAX_AMOUNT + 1, -1))
        yield {"tags": ["t" * 128] * 1_900}


def _changed(record: ProducerRecord, event_id: str, changes: dict[str, Any]) -> ProducerRecord:
    value = msgspec.json.decode(record.value) if record.value.startswith(b"{") else {}
    return replace(record, value=msgspec.json.encode({**value, "event_id": event_id, **changes}))


def _padded(record: ProducerRecord, size: int) -> ProducerRecord:
    return replace(record, value=record.value + b" " * (size - len(record.value)))


def _busy_buyer(by_topic: dict[str, list[ProducerRecord]]) -> Iterator[ProducerRecord]:
    """Yield clicks of one buyer, more than a decision considers, and an order after them."""
    click = next(one for one in by_topic["clicks"] if b'"buyer_id"' in one.value and one.value[-1:] == b"}")
    paid = next(one for one in by_topic["orders"] if b'"type":"paid"' in one.value)
    at = by_topic["clicks"][-1].timestamp
    for number in range(_CLICKS_OF_ONE):
        changes = {"buyer_id": "busy", "click_id": f"busy-{number}", "occurred_at": at - 60_000 + number}
        yield replace(_changed(click, f"busy-{number}", changes), key="busy", timestamp=at)
    changes = {"buyer_id": "busy", "order_id": "busy", "placed_at": at, "occurred_at": at}
    yield replace(_changed(paid, "busy-paid", changes), key="busy", timestamp=at)


FAULTS: Final = (
    Fault("poison-records", "invalid records in every topic", kill_few, events=40_000, add=poisoned),
    Fault("record-limits", "records at every limit and beyond", kill_few, events=40_000, add=at_limits),
    Fault(
        "large-order",
        "the events of one order are large, each within the limit",
        just_run,
        events=5_000,
        add=large_order,
    ),
    Fault(
        "idle-partition",
        "all partitions but one have only ticks and reference records",
        kill_few,
        events=80_000,
        rate=1_000,
        add=one_partition_only,
    ),
)
