"""The input of a seed: a small dense history, the partitions of its records, and how they are written."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition

from attribution.domain.records.topics import BY_NAME
from attribution.streams.clients.partitioner import partition_of
from attribution_tests.deterministic_simulation.kafka.broker import Broker
from attribution_tests.deterministic_simulation.kafka.log import Row, Transaction
from attribution_tests.deterministic_simulation.plan import Plan
from attribution_tests.oracle import Arrival, arrivals, shuffled
from attribution_tests.oracle.histories.scribe import DAY, END, HOUR

_SINGLE: Final = {topic.name for topic in BY_NAME.values() if topic.partitions == 1}
_POISONED: Final = ("clicks", "orders", "room-entries", "links")


class Placed(msgspec.Struct, frozen=True):
    tp: TopicPartition
    timestamp: int
    key: bytes
    value: bytes


def history(plan: Plan) -> list[Placed]:
    """Return the input in the order of delivery; ticks at the end make all of it due."""
    chance = random.Random(f"inputs {plan.seed}")  # noqa: S311
    found = arrivals(plan.seed, plan.orders)
    if plan.late:
        found = shuffled(found, plan.seed)
    else:
        found = [one for each in found for one in _with_poison(each, chance)]
    if plan.whole:
        found = _without_ties(found)
    return [_placed(one, plan) for one in (*found, *_last_ticks(plan))]


def _without_ties(found: list[Arrival]) -> list[Arrival]:
    """Give each record its own timestamp: partitions decide ties, and repartition topics do not keep partitions."""
    latest = 0
    moved = []
    for one in found:
        latest = max(latest + 1, one.timestamp)
        moved.append(Arrival(one.topic, latest, one.value))
    return moved


def _with_poison(one: Arrival, chance: random.Random) -> Iterator[Arrival]:
    yield one
    if chance.random() < 0.02 and one.topic in _POISONED:
        yield Arrival(one.topic, one.timestamp, one.value[:-3])


def _last_ticks(plan: Plan) -> list[Arrival]:
    """Return the last ticks; one so late that touches expire is written only if no record can follow it."""
    times = [END + HOUR, END + HOUR, *([END + 60 * DAY] if plan.whole else [])]
    values = [{"event_id": str(time), "occurred_at": time} for time in times]
    return [
        Arrival("ticks", time, msgspec.json.encode(value)) for time, value in zip(times, values, strict=True)
    ]


def _placed(one: Arrival, plan: Plan) -> Placed:
    key = _key(one, plan)
    partition = 0 if one.topic in _SINGLE else partition_of(key, plan.partitions)
    return Placed(TopicPartition(one.topic, partition), one.timestamp, key, one.value)


def _key(one: Arrival, plan: Plan) -> bytes:
    try:
        value: dict[str, Any] = msgspec.json.decode(one.value)
    except msgspec.DecodeError:
        return b"poison"
    if one.topic in plan.rekeyed:
        return str(value["order_id" if one.topic == "orders" else "event_id"]).encode()
    if one.topic == "clicks":
        return str(value.get("buyer_id") or value["click_id"]).encode()
    return str(value.get(BY_NAME[one.topic].key, one.topic)).encode()


class Feeder:
    """Writes the records of one topic as a producer does; some in transactions, of which some are aborted."""

    def __init__(self, broker: Broker, chance: random.Random, plan: Plan) -> None:
        self._broker = broker
        self._chance = chance
        self._plan = plan

    async def feed(self, records: list[Placed], seconds: float) -> None:
        """Write the records over some seconds."""
        pause = seconds / max(1, len(records))
        while records:
            batch, records = self._split(records)
            if seconds:
                await asyncio.sleep(self._chance.expovariate(1.0) * pause * len(batch))
            if self._plan.transactional and self._chance.random() < 0.5:
                await self._in_transaction(
                    batch, "abort" if self._chance.random() < 0.4 else "commit", seconds
                )
            else:
                self._put(batch, None)

    def _split(self, records: list[Placed]) -> tuple[list[Placed], list[Placed]]:
        count = self._chance.choice((1, 1, 3, 10))
        return records[:count], records[count:]

    async def _in_transaction(self, batch: list[Placed], how: str, seconds: float) -> None:
        transaction = self._broker.transaction()
        self._put(batch, transaction)
        if seconds:
            await asyncio.sleep(self._chance.choice((0.0, 0.01, 1.0)))
        transaction.ends_as = how
        for tp in dict.fromkeys(one.tp for one in batch):
            self._broker.partitions[tp].watermark(transaction)
        if how == "abort":
            self._put(batch, None)

    def _put(self, batch: list[Placed], transaction: Transaction | None) -> None:
        for one in batch:
            self._broker.put(one.tp, Row(-1, one.timestamp, one.key, one.value, transaction))
