# mypy: disable-error-code="import-untyped"
"""Puts a recording on a broker, with the same offsets.

The markers at the ends of transactions take offsets too, so the records of a partition have gaps. A gap of one
offset is filled by the marker of a transaction. A longer gap is filled by a transaction that is aborted: its
records and its marker are invisible to a worker.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from attribution.commands.topics.desired import RETENTION, desired_topics
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.topics import BY_NAME
from attribution.engine.stores.rocksdb import RocksStore
from attribution.hosts.kafka.task_topology import TaskTopology
from attribution.streams.clients.admin import connected
from attribution_tests.kafka_deployment.deployed import Deployed
from attribution_tests.upgrade.recording import CHANGELOG, LoggedRow, Recording, StoreRow

_RETRY_MS: Final = 5
"""Kafka refuses a produce right after a commit for a short time."""
_CACHE_BYTES: Final = 1 << 20
_DEADLINE_SECONDS: Final = 30.0
_LOOK_AGAIN_SECONDS: Final = 0.005


class Run(NamedTuple):
    """Consecutive records of a partition, and the number of offsets between the last and the next record."""

    rows: Sequence[LoggedRow]
    gap: int


def deploy(bootstrap: str, prefix: str, folder: Path, partitions: int) -> Deployed:
    """Create topics that keep all records: those of a recording are older than any retention."""
    kafka = Kafka(bootstrap=bootstrap, topic_prefix=prefix, partitions=partitions)
    asyncio.run(_create_topics(kafka))
    return Deployed(kafka, folder)


def replay(recording: Recording, deployed: Deployed) -> None:
    """Write all recorded records, and check that they have their recorded offsets."""
    asyncio.run(_replay(recording, deployed))


def write_stores(recording: Recording, deployed: Deployed, directory: Path) -> None:
    """Write the stores of all tasks with the recorded rows, the checkpoint of each store among them."""
    by_task: defaultdict[int, list[StoreRow]] = defaultdict(list)
    for row in recording.stored():
        by_task[row.partition].append(row)
    directory.mkdir(parents=True)
    for partition, rows in by_task.items():
        name = deployed.names.transactional_id(partition)
        store = RocksStore(directory / name, _CACHE_BYTES, name)
        for row in rows:
            store.write({row.table: {row.key: row.value}})
        store.commit()
        store.close()


def on_broker(deployed: Deployed, topic: str) -> str:
    """Return the name on the broker of a topic of a recording."""
    return deployed.names.topic(topic) if topic in BY_NAME else deployed.names.internal(topic)


def logical_topics(deployed: Deployed) -> dict[str, str]:
    """Return all topics of a deployment: their names on the broker, by those in a recording."""
    internal = (*TaskTopology(()).repartition_topics, CHANGELOG)
    named = {name: deployed.names.internal(name) for name in internal}
    return {name: deployed.names.topic(name) for name in BY_NAME} | named


def runs_of(rows: Sequence[LoggedRow], end: int) -> Iterator[Run]:
    """Divide the records of a partition at the gaps between their offsets."""
    start = 0
    nexts = [*(row.offset for row in rows[1:]), end]
    for number, (row, following) in enumerate(zip(rows, nexts, strict=True), 1):
        if following > row.offset + 1 or number == len(rows):
            yield Run(rows[start:number], following - row.offset - 1)
            start = number


async def _create_topics(kafka: Kafka) -> None:
    topics = [replace(one, settings={**one.settings, RETENTION: "-1"}) for one in desired_topics(kafka)]
    async with connected(client_options(kafka)) as cluster:
        created = await cluster.create(topics)
        await cluster.topics(created, created)


async def _replay(recording: Recording, deployed: Deployed) -> None:
    places: defaultdict[tuple[str, int], list[LoggedRow]] = defaultdict(list)
    for row in recording.logged():
        places[row.topic, row.partition].append(row)
    ends = recording.manifest.ends
    async with AsyncExitStack() as opened:
        reader = await opened.enter_async_context(AIOKafkaConsumer(**client_options(deployed.kafka)))
        await asyncio.gather(
            *(
                _Writer(deployed, topic, partition, opened, reader).write(
                    runs_of(rows, ends[topic][partition])
                )
                for (topic, partition), rows in places.items()
            )
        )


class _Writer:
    """Writes one topic partition, with one producer for transactions and one without."""

    def __init__(
        self, deployed: Deployed, topic: str, partition: int, opened: AsyncExitStack, reader: Any
    ) -> None:
        self._options = client_options(deployed.kafka)
        self._topic = on_broker(deployed, topic)
        self._partition = partition
        self._opened = opened
        self._reader = reader
        self._plain: Any = None
        self._transactional: Any = None

    async def write(self, runs: Iterable[Run]) -> None:
        for run in runs:
            if run.gap == 1:
                transactional = await self._in_transactions()
                async with transactional.transaction():
                    offsets = await self._send(transactional, run.rows)
            else:
                offsets = await self._send(await self._without(), run.rows)
                await self._fill(run.gap)
            assert offsets == [row.offset for row in run.rows], f"{self._topic} {self._partition}"
            await self._wait_for_end(offsets[-1] + 1 + run.gap)

    async def _wait_for_end(self, end: int) -> None:
        """Wait until the partition ends at an offset: a broker writes markers after it has answered."""
        tp = TopicPartition(self._topic, self._partition)
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while (await self._reader.end_offsets([tp]))[tp] < end:  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _fill(self, gap: int) -> None:
        if gap:
            transactional = await self._in_transactions()
            await transactional.begin_transaction()
            blank = LoggedRow(self._topic, self._partition, 0, 0, b"filler", b"")  # a changelog demands keys
            await self._send(transactional, [blank] * (gap - 1))
            await transactional.abort_transaction()

    async def _send(self, producer: Any, rows: Sequence[LoggedRow]) -> list[int]:
        sent = [
            await producer.send(
                self._topic, row.value, row.key, partition=self._partition, timestamp_ms=row.timestamp
            )
            for row in rows
        ]
        return [(await one).offset for one in sent]

    async def _in_transactions(self) -> Any:
        if self._transactional is None:
            name = f"{self._topic}-{self._partition}-replay"
            self._transactional = await self._open(transactional_id=name)
        return self._transactional

    async def _without(self) -> Any:
        if self._plain is None:
            self._plain = await self._open(enable_idempotence=True)
        return self._plain

    async def _open(self, **options: Any) -> Any:
        producer = AIOKafkaProducer(**self._options, retry_backoff_ms=_RETRY_MS, **options)
        return await self._opened.enter_async_context(producer)
