"""The broker: partitions, transactions with epochs, offsets of the group; requests and answers are delayed."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from hashlib import blake2b
from typing import Any, Final, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import InvalidTxnState, KafkaError, ProducerFenced, RequestTimedOutError

from attribution.streams.task.transaction import TransactionRecord
from attribution_tests.deterministic_simulation.kafka.log import Partition, Row, Transaction
from attribution_tests.deterministic_simulation.loop import BEGINS_AT

T = TypeVar("T")
_NEWS: Final = 60
_ABORTS_AFTER: Final = 10.0
_RETRY_SECONDS: Final = 0.005


class _NotYetError(Exception):
    """Ask again soon: another transaction of this producer is being completed."""


class Trace:
    """The trace of a run: a digest of all events, and the text of the last ones."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._digest = blake2b(digest_size=8)
        self.last: deque[str] = deque(maxlen=_NEWS)

    def record(self, what: str) -> None:
        line = f"{self._loop.time() - BEGINS_AT:9.4f} {what}"
        self._digest.update(line.encode())
        self.last.append(line)

    def digest(self) -> str:
        return self._digest.hexdigest()


class Producing:
    """The coordinator's state of a transactional id."""

    def __init__(self) -> None:
        self.epoch = -1
        self.transaction: Transaction | None = None


class Broker:
    """``wall`` tells the time of day in milliseconds, for records that bring none."""

    def __init__(self, chance: random.Random, trace: Trace, wall_at_start: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._outside = Context()
        self._chance = chance
        self._wall_at_start = wall_at_start
        self._producing: dict[str, Producing] = {}
        self._transactions = 0
        self.trace = trace
        self.partitions: dict[TopicPartition, Partition] = {}
        self.offsets: dict[TopicPartition, int] = {}
        self.slowness = 0.01
        self.loses_percent = 0.0
        self.fences: list[str] = []

    def create(self, topic: str, partitions: int) -> None:
        self.partitions |= {TopicPartition(topic, number): Partition() for number in range(partitions)}

    def count(self, topic: str) -> int:
        return sum(tp.topic == topic for tp in self.partitions)

    def wall(self) -> int:
        return self._wall_at_start + int((self._loop.time() - BEGINS_AT) * 1000)

    async def ask(self, serve: Callable[[], T], *, may_lose: bool = True) -> T:
        """Send a request. It is served even if its sender dies, and the answer may be lost."""
        answer: asyncio.Future[T] = self._loop.create_future()
        fate = self._chance.random() * 100 if may_lose else 100.0
        if fate < self.loses_percent:
            self.trace.record("a request is lost" if fate < self.loses_percent / 2 else "an answer is lost")
        self._later(self._serve, serve, answer, fate)
        return await answer

    def later(self, seconds: float, call: Callable[..., object], *given: Any) -> None:
        """Call a function later, outside of all processes."""
        self._loop.call_later(seconds, call, *given, context=self._outside)

    def delay(self) -> float:
        return self._chance.expovariate(1.0) * self.slowness

    def _later(self, call: Callable[..., object], *given: Any) -> None:
        self.later(self.delay(), call, *given)

    def _serve(self, serve: Callable[[], T], answer: "asyncio.Future[T]", fate: float) -> None:
        if fate < self.loses_percent / 2:
            self._later(_fail, answer, RequestTimedOutError())
            return
        try:
            result = serve()
        except _NotYetError:
            self.later(_RETRY_SECONDS, self._serve, serve, answer, 100.0)
        except KafkaError as error:
            self._later(_fail, answer, error)
        else:
            if fate < self.loses_percent:
                self._later(_fail, answer, RequestTimedOutError())
            else:
                self._later(_settle, answer, result)

    def initialise(self, name: str) -> Callable[[], int]:
        """Return the request of a producer for its epoch; it fences earlier producers and ends their transactions."""
        has_fenced: list[int] = []

        def serve() -> int:
            producing = self._producing.setdefault(name, Producing())
            if not has_fenced:
                producing.epoch += 1
                has_fenced.append(producing.epoch)
                self.trace.record(f"{name} has epoch {producing.epoch}")
                if producing.transaction is not None and producing.transaction.ends_as is None:
                    self._end(name, "abort")
            if producing.transaction is not None:
                raise _NotYetError
            return has_fenced[0]

        return serve

    def produce(self, name: str, epoch: int, tp: TopicPartition, sent: Iterable[TransactionRecord]) -> int:
        transaction = self._under_way(name, epoch)
        transaction.places[tp] = self.partitions[tp]
        return self.partitions[tp].append(sent, self.wall(), transaction)

    def add_offsets(self, name: str, epoch: int, offsets: Mapping[TopicPartition, int]) -> None:
        self._under_way(name, epoch).offsets.update(offsets)

    def end(self, name: str, epoch: int, how: str) -> None:
        producing = self._producing[name]
        self._check(producing, epoch)
        if producing.transaction is None:
            return
        if producing.transaction.ends_as is None:
            self._end(name, how)
        elif producing.transaction.ends_as != how:
            raise InvalidTxnState

    def transaction(self) -> Transaction:
        """Begin a transaction without a coordinator."""
        self._transactions += 1
        return Transaction(self._transactions, self._loop.time())

    def is_at_rest(self) -> bool:
        return all(one.transaction is None for one in self._producing.values())

    def put(self, tp: TopicPartition, row: Row) -> None:
        self.partitions[tp].put(row)

    def _check(self, producing: Producing, epoch: int) -> None:
        if epoch != producing.epoch:
            raise ProducerFenced

    def _under_way(self, name: str, epoch: int) -> Transaction:
        producing = self._producing[name]
        self._check(producing, epoch)
        if producing.transaction is None:
            transaction = producing.transaction = self.transaction()
            self.later(_ABORTS_AFTER, self._expire, name, transaction)
        if producing.transaction.ends_as is not None:
            raise _NotYetError
        return producing.transaction

    def _expire(self, name: str, transaction: Transaction) -> None:
        producing = self._producing[name]
        if producing.transaction is transaction and transaction.ends_as is None:
            producing.epoch += 1
            self.trace.record(f"{name} has taken too long")
            self._end(name, "abort")

    def _end(self, name: str, how: str) -> None:
        """Decide a transaction; its markers are written later, one by one."""
        producing = self._producing[name]
        transaction = producing.transaction
        assert transaction is not None
        transaction.ends_as = how
        places = [f"{tp.topic}/{tp.partition}" for tp in transaction.places]
        self.trace.record(f"{name} {how}s {transaction.number}: {' '.join(places)}")
        left: list[TopicPartition | None] = [*transaction.places, None]

        def watermark(tp: TopicPartition | None) -> None:
            left.remove(tp)
            if tp is not None:
                transaction.places[tp].watermark(transaction)
            elif how == "commit":
                self.offsets.update(transaction.offsets)
            if not left:
                producing.transaction = None

        for tp in left:
            self._later(watermark, tp)


def _settle(answer: "asyncio.Future[T]", result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: "asyncio.Future[Any]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
