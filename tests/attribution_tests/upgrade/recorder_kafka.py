# mypy: disable-error-code="import-untyped"
"""Records a worker on a broker: its topic partitions after the first part, and its stores before that."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import rocksdict
from aiokafka import AIOKafkaConsumer, TopicPartition

from attribution.config.kafka_clients import client_options
from attribution.domain.records.topics import READ
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.upgrade import recorder_plants
from attribution_tests.upgrade.recorder_plants import code_of
from attribution_tests.upgrade.recording import LoggedRow, StoreRow, write_rows
from attribution_tests.upgrade.replay import deploy, logical_topics

PARTITIONS: Final = 2
_PREFIX: Final = "recorded-"


def record_kafka(
    bootstrap: str, parts: Sequence[Iterable[ProducerRecord]], into: Path, work: Path
) -> dict[str, list[int]]:
    """Let a worker process three parts one after the other; return the end offsets by logical topic.

    The stores are recorded after the first part. The worker dies in the sweep that the third part begins.
    """
    deployed = deploy(bootstrap, _PREFIX, work, PARTITIONS)
    stored, done, swept = parts
    _process(deployed, stored)
    write_rows(_stored(deployed, work / "state-a"), into / "store.ndjson.gz")
    _process(deployed, done)
    _sweep(deployed, swept)
    rows, ends = asyncio.run(_logged(deployed))
    write_rows(rows, into / "records.ndjson.gz")
    return ends


def _process(deployed: Deployed, part: Iterable[ProducerRecord]) -> None:
    """Publish a part, and run a worker until it has processed it."""
    deployed.publish(part)
    code = code_of(recorder_plants.no_ticks)
    with deployed.worker(planted=code, ATTRIBUTION_STATE__STORE="rocksdb") as worker:
        wait_for(lambda: is_done(deployed), deployed.log_of)
        assert stop(worker) == 0, deployed.log_of()


def _sweep(deployed: Deployed, part: Iterable[ProducerRecord]) -> None:
    """Publish a part, and run a worker until it dies in a sweep."""
    deployed.publish(part)
    code = f"{code_of(recorder_plants.no_ticks)}\n{code_of(recorder_plants.dies_in_a_sweep)}"
    with deployed.worker(planted=code, ATTRIBUTION_STATE__STORE="rocksdb") as worker:
        wait_for(lambda: worker.poll() is not None, deployed.log_of)
        assert worker.returncode == recorder_plants.DIED, deployed.log_of()
    wait_for(lambda: asyncio.run(_has_no_open_transaction(deployed)))


def is_done(deployed: Deployed) -> bool:
    """Return whether all tasks have processed and committed all inputs."""
    tasks = deployed.tasks()
    if len(tasks) < deployed.kafka.partitions:
        return False
    ends = {(one.topic, one.partition): one.offset + 1 for one in deployed.read_inputs()}
    single = {topic.name for topic in READ if topic.partitions == 1}
    return all(
        task.positions["attribute"].get(topic, 0) >= end
        for (topic, place), end in ends.items()
        for partition, task in tasks.items()
        if topic in single or place == partition
    )


def _stored(deployed: Deployed, directory: Path) -> Iterator[StoreRow]:
    """Yield the rows of all stores, except the store's own, whose table has no name."""
    for partition in range(PARTITIONS):
        path = directory / deployed.names.transactional_id(partition)
        store: Any = rocksdict.Rdict(str(path), rocksdict.Options(raw_mode=True))
        for key, value in store.items():
            table, rest = key[1 : 1 + key[0]].decode(), key[1 + key[0] :]
            if table:
                yield StoreRow(partition, table, rest, value)
        store.close()


async def _has_no_open_transaction(deployed: Deployed) -> bool:
    """Return whether the transactions that the worker left open are aborted."""
    ends: list[dict[TopicPartition, int]] = []
    for isolation_level in ("read_committed", "read_uncommitted"):
        async with _reader(deployed, isolation_level) as reader:
            ends.append(await reader.end_offsets(await _places(reader, deployed)))
    return ends[0] == ends[1]


async def _logged(deployed: Deployed) -> tuple[list[LoggedRow], dict[str, list[int]]]:
    """Return the committed records of all topics, and the end offset of each partition by topic."""
    rows: list[LoggedRow] = []
    async with _reader(deployed, "read_committed") as reader:
        places = await _places(reader, deployed)
        ends = await reader.end_offsets(list(places))
        for tp, topic in places.items():
            rows += [_row(topic, one) for one in await _read(reader, tp, ends[tp])]
    by_topic: defaultdict[str, list[int]] = defaultdict(list)
    for tp, topic in places.items():
        by_topic[topic].append(ends[tp])
    return rows, dict(by_topic)


async def _places(reader: Any, deployed: Deployed) -> dict[TopicPartition, str]:
    """Return the topic partitions of a deployment, with their names in the recording."""
    found: dict[TopicPartition, str] = {}
    for topic, name in logical_topics(deployed).items():
        partitions = await reader._client._wait_on_metadata(name)  # noqa: SLF001 - nothing public waits
        found |= {TopicPartition(name, partition): topic for partition in sorted(partitions)}
    return found


async def _read(reader: Any, tp: TopicPartition, end: int) -> list[Any]:
    reader.assign([tp])
    await reader.seek_to_beginning(tp)
    found: list[Any] = []
    while await reader.position(tp) < end:
        found += (await reader.getmany(tp, timeout_ms=200)).get(tp, [])
    return found


def _row(topic: str, one: Any) -> LoggedRow:
    return LoggedRow(topic, one.partition, one.offset, one.timestamp, one.key, one.value)


def _reader(deployed: Deployed, isolation_level: str) -> Any:
    options: Mapping[str, Any] = client_options(deployed.kafka)
    return AIOKafkaConsumer(**options, isolation_level=isolation_level, enable_auto_commit=False)
