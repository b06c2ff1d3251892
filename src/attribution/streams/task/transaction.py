"""One transaction per unit of work: outputs, changelog, positions."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from attribution.streams.clients.health import within
from attribution.streams.clients.partitioner import partition_of

_BATCH_BYTES: Final = 1 << 20
_RETRY_MS: Final = 5
"""Kafka refuses a produce right after a commit for a short time: retry soon."""
_LOOKS_EVERY_SECONDS: Final = 10.0
"""How often brokers look for transactions that took too long, and abort them (Kafka's default)."""
_ABORT_SECONDS: Final = 2.0
"""The next owner of the task, or the brokers, abort a transaction that is left open."""


class TransactionRecord(NamedTuple):
    """A record to send; if it has no partition, its key determines it."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None


class Transactions:
    """The transactional producer of a task; its start fences the previous owner of the task."""

    def __init__(
        self, options: Mapping[str, Any], transactional_id: str, group: str, timeout_ms: int
    ) -> None:
        self._group = group
        self._hopeless_seconds: float | None = timeout_ms / 1000 + _LOOKS_EVERY_SECONDS
        self._partitions: dict[str, int] = {}
        self._producer = AIOKafkaProducer(
            **options,
            transactional_id=transactional_id,
            transaction_timeout_ms=timeout_ms,
            max_batch_size=_BATCH_BYTES,
            max_request_size=2 * _BATCH_BYTES,
            retry_backoff_ms=_RETRY_MS,
            linger_ms=0,
        )

    async def start(self) -> None:
        """Fence the task's previous owner, and finish the transaction that it left open."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connection."""
        await self._producer.stop()

    async def commit(
        self, sent: Iterable[TransactionRecord], offsets: Mapping[TopicPartition, int]
    ) -> dict[tuple[str, int], int]:
        """Commit records and group offsets together; return the first new offset of each topic partition.

        Raises:
            KafkaError: the commit failed. The transaction is aborted, now or later.
            TimeoutError: the transaction has not ended by the time when the brokers should have aborted it.
        """
        async with within(self._hopeless_seconds, "a transaction"):
            return await self._commit(sent, offsets)

    async def _commit(
        self, sent: Iterable[TransactionRecord], offsets: Mapping[TopicPartition, int]
    ) -> dict[tuple[str, int], int]:
        by_place = await self._by_place(sent)
        given: dict[tuple[str, int], list[asyncio.Future[Any]]] = {place: [] for place in by_place}
        await self._producer.begin_transaction()
        try:
            for place, records in by_place.items():
                await self._send(place, records, given[place])
            if offsets:
                metadata = {tp: OffsetAndMetadata(offset, "") for tp, offset in offsets.items()}
                await self._producer.send_offsets_to_transaction(metadata, self._group)
            await _all_sent(given.values())
            await self._producer.commit_transaction()
        except (Exception, asyncio.CancelledError) as error:
            await self._abort()
            failure = _first_failure(given.values())
            if failure is None or isinstance(error, asyncio.CancelledError):
                raise
            raise failure from error
        return {place: futures[0].result().offset for place, futures in given.items()}

    async def _abort(self) -> None:
        with suppress(Exception):  # the cause of the failure is already being raised
            async with asyncio.timeout(_ABORT_SECONDS):
                await self._producer.abort_transaction()

    async def _by_place(
        self, sent: Iterable[TransactionRecord]
    ) -> dict[tuple[str, int], list[TransactionRecord]]:
        by_place: defaultdict[tuple[str, int], list[TransactionRecord]] = defaultdict(list)
        for record in sent:
            partition = record.partition
            if partition is None:
                partition = partition_of(record.key or b"", await self._count(record.topic))
            by_place[record.topic, partition].append(record)
        return by_place

    async def _count(self, topic: str) -> int:
        count = self._partitions.get(topic)
        if count is None:
            count = self._partitions[topic] = len(await self._producer.partitions_for(topic))
        return count

    async def _send(
        self, place: tuple[str, int], records: list[TransactionRecord], given: list["asyncio.Future[Any]"]
    ) -> None:
        topic, partition = place
        batch = self._producer.create_batch()
        for record in records:
            if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                given.append(await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                batch.append(key=record.key, value=record.value, timestamp=None)
        given.append(await self._producer.send_batch(batch, topic, partition=partition))


async def _all_sent(given: Iterable[Iterable["asyncio.Future[Any]"]]) -> None:
    """Wait until no batch is in flight; raise if any failed."""
    everything = [future for futures in given for future in futures]
    await asyncio.gather(*everything, return_exceptions=True)
    for future in everything:
        future.result()


def _first_failure(given: Iterable[Iterable["asyncio.Future[Any]"]]) -> BaseException | None:
    """Return the error of the first failed batch: the producer's error for the next one is not the cause."""
    done = (future for futures in given for future in futures if future.done() and not future.cancelled())
    return next((error for future in done if (error := future.exception()) is not None), None)
