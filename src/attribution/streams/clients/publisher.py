"""Writes records to topics: in batches, each record once, in order within a partition."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from attribution.streams.clients.errors import partitions_by_topic, translate_kafka_errors
from attribution.streams.clients.partitioner import partition_of
from attribution.streams.names import Names

_BATCH_BYTES: Final = 256 << 10
_SLICES_A_SECOND: Final = 20
"""At a rate, so often is what is due written."""

_Place: TypeAlias = tuple[str, int]
T = TypeVar("T")


class Outgoing(Protocol):
    """A record on its way out, such as ``OutgoingRecord``."""

    @property
    def topic(self) -> str:
        """The topic, as the contract calls it."""

    @property
    def timestamp(self) -> int:
        """The record timestamp, in milliseconds."""

    @property
    def key(self) -> str:
        """The record key."""

    @property
    def value(self) -> bytes:
        """The record."""


class Publisher:
    """Fills a batch for each partition, and sends it when it is full or on ``flush``.

    A partition's batch is sent when the one before it has been acknowledged; so memory holds two a partition at most.
    """

    def __init__(self, producer: Any, names: Names, partitions: Mapping[str, int]) -> None:
        self._producer = producer
        self._names = names
        self._partitions = partitions
        self._filling: dict[_Place, Any] = {}
        self._sent: dict[_Place, asyncio.Future[Any]] = {}

    async def publish(self, records: Iterable[Outgoing]) -> Counter[str]:
        """Write records, wait until all are acknowledged, and return how many of each topic there were."""
        written: Counter[str] = Counter()
        for record in records:
            place, key = self._place(record)
            if not self._fits(place, key, record):
                await self._send(place)
                self._fits(place, key, record)
            written[record.topic] += 1
        await self.flush()
        return written

    async def publish_at(self, rate: int, records: Iterable[Outgoing]) -> Counter[str]:
        """Write so many records a second, and return how many of each topic there were."""
        written: Counter[str] = Counter()
        clock = asyncio.get_running_loop().time
        start = clock()
        for due in _sliced(records, -(-rate // _SLICES_A_SECOND)):
            await asyncio.sleep(start + written.total() / rate - clock())
            written += await self.publish(due)
        return written

    async def flush(self) -> None:
        """Send what was filled, and wait until all is acknowledged."""
        for place in list(self._filling):
            await self._send(place)
        while self._sent:
            await self._acknowledged(next(iter(self._sent)))

    def _place(self, record: Outgoing) -> tuple[_Place, bytes]:
        topic, key = self._names.topic(record.topic), record.key.encode()
        if topic not in self._partitions:
            raise KafkaError(f"there is no topic {topic}; attribution topics apply creates it")
        return (topic, partition_of(key, self._partitions[topic])), key

    def _fits(self, place: _Place, key: bytes, record: Outgoing) -> bool:
        """Add a record to its batch unless that is full; an empty one takes any."""
        batch = self._filling.get(place)
        if batch is None:
            batch = self._filling[place] = self._producer.create_batch()
        return batch.append(timestamp=record.timestamp, key=key, value=record.value) is not None

    async def _send(self, place: _Place) -> None:
        await self._acknowledged(place)
        topic, partition = place
        batch = self._filling.pop(place)
        self._sent[place] = await self._producer.send_batch(batch, topic, partition=partition)
        self._sent[place].add_done_callback(_seen)
        await asyncio.sleep(0)  # has the producer write it now, not when all time is used up

    async def _acknowledged(self, place: _Place) -> None:
        if place in self._sent:
            await self._sent.pop(place)


@asynccontextmanager
async def publishing(options: Mapping[str, Any], names: Names) -> AsyncIterator[Publisher]:
    """Connect a publisher for as long as the ``with`` lasts; what it was given but not flushed is lost.

    Raises:
        UnavailableError: no broker answers, a topic is missing, or a record is refused.
    """
    with translate_kafka_errors(options):
        # First, since a producer whose token is refused would try to start for ever.
        partitions = await partitions_by_topic(options)
        async with AIOKafkaProducer(
            **options, enable_idempotence=True, max_batch_size=_BATCH_BYTES
        ) as producer:
            yield Publisher(producer, names, partitions)


def _seen(sent: "asyncio.Future[Any]") -> None:
    """Look at a failure: behind the first nobody does, and asyncio would complain."""
    if not sent.cancelled():
        sent.exception()


def _sliced(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
