"""A transactional producer that behaves as aiokafka's, as far as tasks use it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced

from attribution.streams.task.transaction import TransactionRecord, Transactions
from attribution_tests.deterministic_simulation.kafka.broker import Broker
from attribution_tests.deterministic_simulation.loop import PROCESS, Process

_OUTPUTS: Final = {"decisions", "commissions"}


class Metadata(NamedTuple):
    offset: int


class _Batch:
    def __init__(self, most: int) -> None:
        self._most = most
        self.sent: list[TransactionRecord] = []

    def append(self, *, key: bytes | None, value: bytes | None, timestamp: int | None) -> object:
        assert timestamp is None
        if len(self.sent) == self._most:
            return None
        self.sent.append(TransactionRecord("", key, value))
        return self.sent


class SimulatedProducer:
    """A transactional producer."""

    def __init__(self, broker: Broker, name: str, most: int) -> None:
        self._broker = broker
        self._name = name
        self._most = most
        self._epoch = -1
        self._state = "new"
        self._sending: dict[TopicPartition, asyncio.Future[Metadata]] = {}
        self._failure: KafkaError | None = None
        self._process = PROCESS.get() or Process("nobody")

    async def start(self) -> None:
        self._epoch = await self._broker.ask(self._broker.initialise(self._name))
        self._state = "ready"

    async def stop(self) -> None:
        await asyncio.sleep(self._broker.delay())

    async def partitions_for(self, topic: str) -> set[int]:
        await asyncio.sleep(0)
        return set(range(self._broker.count(topic)))

    async def begin_transaction(self) -> None:
        await asyncio.sleep(0)
        if isinstance(self._failure, ProducerFenced):
            raise ProducerFenced
        assert self._state == "ready", self._state
        self._state = "in transaction"

    def create_batch(self) -> _Batch:
        return _Batch(self._most)

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> "asyncio.Future[Metadata]":
        if self._state != "in transaction":
            raise IllegalOperation
        if topic in _OUTPUTS:
            self._process.publishing.add(self._name)
        tp = TopicPartition(topic, partition)
        sending = asyncio.ensure_future(self._send(tp, batch, self._sending.get(tp)))
        self._sending[tp] = sending
        await asyncio.sleep(0)
        return sending

    async def _send(
        self, tp: TopicPartition, batch: _Batch, before: "asyncio.Future[Metadata] | None"
    ) -> Metadata:
        if before is not None:
            await before
        broker = self._broker
        try:
            return Metadata(await broker.ask(lambda: broker.produce(self._name, self._epoch, tp, batch.sent)))
        except KafkaError as error:
            self._failure = error
            raise

    async def send_offsets_to_transaction(self, offsets: Mapping[TopicPartition, Any], group: str) -> None:
        assert group
        plain = {tp: one.offset for tp, one in offsets.items()}
        await self._broker.ask(lambda: self._broker.add_offsets(self._name, self._epoch, plain))

    async def commit_transaction(self) -> None:
        await self._end("commit")

    async def abort_transaction(self) -> None:
        await self._end("abort")

    async def _end(self, how: str) -> None:
        for sending in self._sending.values():
            if how == "abort":
                with suppress(KafkaError):
                    await sending
            else:
                await sending
        self._sending = {}
        broker = self._broker
        await broker.ask(lambda: broker.end(self._name, self._epoch, how))
        self._process.publishing.discard(self._name)
        self._state = "ready"


class SimulatedTransactions(Transactions):
    """The task's transactions on a simulated producer."""

    def __init__(self, broker: Broker, name: str, group: str, most: int) -> None:
        self._group = group
        self._hopeless_seconds = None
        self._partitions = {}
        self._producer = SimulatedProducer(broker, name, most)
