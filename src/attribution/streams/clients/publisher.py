"""Writes each record to its topic once, in order within a partition."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from attribution.engine.producer_record import ProducerRecord
from attribution.streams.clients.errors import partitions_by_topic, translate_kafka_errors
from attribution.streams.clients.partitioner import partition_of
from attribution.streams.names import Names

_BATCH_BYTES: Final = 256 << 10
_SLICES_A_SECOND: Final = 20
"""How often ``publish_at`` writes the records that are due."""

T = TypeVar("T")


class Publisher:
    """Sends records through a producer, which holds at most one batch per partition."""

    def __init__(self, producer: Any, names: Names, partitions: Mapping[str, int]) -> None:
        self._producer = producer
        self._names = names
        self._partitions = partitions
        self._failure: BaseException | None = None

    async def publish(self, records: Iterable[ProducerRecord]) -> Counter[str]:
        """Write records, wait until all are acknowledged, and return their number by topic.

        Raises:
            KafkaError: a topic is missing, or a record is refused. The records after it are not written.
        """
        written: Counter[str] = Counter()
        for record in records:
            if self._failure is not None:
                break
            await self._send(record)
            written[record.topic] += 1
        await self._producer.flush()
        if self._failure is not None:
            raise self._failure
        return written

    async def publish_at(self, rate: int, records: Iterable[ProducerRecord]) -> Counter[str]:
        """Write ``rate`` records a second, and return their number by topic."""
        written: Counter[str] = Counter()
        clock = asyncio.get_running_loop().time
        start = clock()
        for due in _sliced(records, -(-rate // _SLICES_A_SECOND)):
            await asyncio.sleep(start + written.total() / rate - clock())
            written += await self.publish(due)
        return written

    async def _send(self, record: ProducerRecord) -> None:
        topic, key = self._names.topic(record.topic), record.key.encode()
        if topic not in self._partitions:
            raise KafkaError(f"there is no topic {topic}; attribution topics apply creates it")
        partition = partition_of(key, self._partitions[topic])
        sent = await self._producer.send(
            topic, record.value, key, partition=partition, timestamp_ms=record.timestamp
        )
        sent.add_done_callback(self._record_failure)

    def _record_failure(self, sent: "asyncio.Future[Any]") -> None:
        if not sent.cancelled():
            self._failure = self._failure or sent.exception()


@asynccontextmanager
async def publishing(options: Mapping[str, Any], names: Names) -> AsyncIterator[Publisher]:
    """Connect a publisher for the duration of a ``with`` block.

    Raises:
        UnavailableError: no broker answers, a topic is missing, or a record is refused.
    """
    with translate_kafka_errors(options):
        # This comes first: a producer whose token is refused would try to start forever.
        partitions = await partitions_by_topic(options)
        async with AIOKafkaProducer(
            **options, enable_idempotence=True, max_batch_size=_BATCH_BYTES
        ) as producer:
            yield Publisher(producer, names, partitions)


def _sliced(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
