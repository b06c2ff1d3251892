# mypy: disable-error-code="import-untyped"
"""A deployment under test: its topics, its worker processes and its expected outputs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from attribution.commands.topics.desired import desired_topics
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.topics import READ
from attribution.domain.steps.topology import declared
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.kafka.names import names_of
from attribution.streams.checkpoint import TASK_KEY, TaskCheckpoint
from attribution.streams.clients.admin import connected
from attribution.streams.clients.publisher import publishing
from attribution_tests.kafka_deployment.outputs import (
    OUTPUTS,
    ByKey,
    Logged,
    accepted,
    by_key,
    from_steps_alone,
)
from attribution_tests.oracle import Arrival

_DEADLINE_SECONDS: Final = 90.0
_LOOK_AGAIN_SECONDS: Final = 0.2


class Deployed:
    """The topics of one test on a broker, and the workers that run on them."""

    def __init__(self, kafka: Kafka, folder: Path) -> None:
        self.kafka = kafka
        self.folder = folder
        self.names = names_of(kafka)

    def create_topics(self) -> None:
        async def create() -> None:
            async with connected(client_options(self.kafka)) as cluster:
                created = await cluster.create(desired_topics(self.kafka))
                await cluster.topics(created, created)

        asyncio.run(create())

    def publish(self, records: Iterable[ProducerRecord]) -> None:
        async def publish() -> None:
            async with publishing(client_options(self.kafka), self.names) as publisher:
                await publisher.publish(records)

        asyncio.run(publish())

    @contextmanager
    def worker(
        self, name: str = "a", planted: str = "", **variables: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Start a worker; it is killed at the end of the ``with`` block if it still runs.

        ``planted`` is code that the worker's interpreter runs before the worker's own.
        """
        log = self.folder / f"worker-{name}.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ATTRIBUTION_")}
        environment |= {
            "ATTRIBUTION_KAFKA__BOOTSTRAP": self.kafka.bootstrap or "",
            "ATTRIBUTION_KAFKA__TOPIC_PREFIX": self.kafka.topic_prefix,
            "ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "6000",
            "ATTRIBUTION_KAFKA__COMMIT_INTERVAL_MS": "20",
            "ATTRIBUTION_STATE__DIRECTORY": str(self.folder / f"state-{name}"),
            "ATTRIBUTION_HTTP__ENABLED": "false",
            "PYTHONPATH": os.pathsep.join([self._plant(name, planted), *sys.path]),
        }
        with log.open("ab") as stderr:
            command = [sys.executable, "-m", "attribution", "worker"]
            process = subprocess.Popen(command, env=environment | variables, stderr=stderr)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _plant(self, name: str, code: str) -> str:
        folder = self.folder / f"planted-{name}"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(code)
        return str(folder)

    def log_of(self, name: str = "a") -> str:
        return (self.folder / f"worker-{name}.log").read_text()

    def logged(self, event: str, name: str = "a") -> list[dict[str, Any]]:
        """Return the log entries of an event that a worker has written so far."""
        lines = [line for line in self.log_of(name).splitlines(keepends=True) if line.startswith("{")]
        found = [msgspec.json.decode(line) for line in lines if line.endswith("}\n")]
        return [one for one in found if one["event"] == event]

    def wait_until_done(self) -> None:
        """Wait until all records are processed and committed, and then a tick in every task."""
        wait_for(lambda: asyncio.run(self._lag()) == 0, lambda: f"lag {asyncio.run(self._lag())}")
        ticks = len(self.read("ticks"))
        wait_for(lambda: min(self._ticks_processed()) > ticks, lambda: f"ticks {self._ticks_processed()}")

    def _ticks_processed(self) -> list[int]:
        """Return the number of processed ticks by task, from the changelog."""
        processed = {p: task.positions["attribute"]["ticks"] for p, task in self.tasks().items()}
        return [processed.get(partition, 0) for partition in range(self.kafka.partitions)]

    def tasks(self) -> dict[int, TaskCheckpoint]:
        """Return the checkpoint of each task that has committed anything, from the changelog."""
        changelog = asyncio.run(_read(self.kafka, self.names.changelog, "changelog"))
        return {
            one.partition: msgspec.json.decode(one.value, type=TaskCheckpoint)
            for one in changelog
            if one.key == TASK_KEY
        }

    def has_processed(self, step: str, topic: str, partitions: Iterable[int]) -> bool:
        """Return whether a step in the tasks of ``partitions`` has processed and committed all of a topic."""
        published, tasks = self.read(topic), self.tasks()
        ends = {
            p: max((one.offset + 1 for one in published if one.partition == p), default=0) for p in partitions
        }
        return all(p in tasks and tasks[p].positions[step][topic] >= end for p, end in ends.items())

    def generations(self) -> list[int]:
        """Return the generations of the consumer group, from the broker's own topic."""
        key = b"\0\2" + len(self.names.group).to_bytes(2) + self.names.group.encode()
        written = asyncio.run(_read(self.kafka, "__consumer_offsets", "groups"))
        rows = [one.value.partition(b"consumer")[2] for one in written if one.key == key]
        return [int.from_bytes(row[:4]) for row in rows if row]

    async def _lag(self) -> int:
        admin = AIOKafkaAdminClient(**client_options(self.kafka))
        await admin.start()
        try:
            committed = await admin.list_consumer_group_offsets(self.names.group)
        except GroupCoordinatorNotAvailableError:
            return -1
        finally:
            await admin.close()
        async with _reader(self.kafka) as reader:
            places = await _partitions(self.kafka, *map(self.names.topic, declared().by_partition))
            ends = await reader.end_offsets(places)
        return sum(end - (committed[tp].offset if tp in committed else 0) for tp, end in ends.items())

    def outputs(self) -> dict[str, ByKey]:
        """Read the committed outputs."""
        return {topic: by_key(topic, (one.value for one in self.read(topic))) for topic in OUTPUTS}

    def read(self, topic: str) -> list[Logged]:
        return asyncio.run(_read(self.kafka, self.names.topic(topic), topic))

    def read_repartitioned(self, topic: str) -> list[Logged]:
        return asyncio.run(_read(self.kafka, self.names.internal(topic), topic))

    def expected(self) -> dict[str, ByKey]:
        """Compute the expected outputs: the steps alone, on the inputs on the broker in the total order."""
        return from_steps_alone(self.read_inputs())

    def accepted(self) -> list[Arrival]:
        """Return the records that the decoder accepts as the oracle takes them, in the total order."""
        return accepted(self.read_inputs())

    def read_inputs(self) -> list[Logged]:
        return [one for topic in READ for one in self.read(topic.name)]


def wait_for(condition: Callable[[], bool], tell: Callable[[], str] = lambda: "") -> None:
    """Wait for a condition, up to a deadline."""
    deadline = monotonic() + _DEADLINE_SECONDS
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"timed out after {_DEADLINE_SECONDS} s: {tell()}")
        sleep(_LOOK_AGAIN_SECONDS)


def stop(process: "subprocess.Popen[bytes]") -> int:
    """Stop a worker with SIGTERM, as an orchestrator does; return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(15)


async def _read(kafka: Kafka, on_broker: str, topic: str) -> list[Logged]:
    async with _reader(kafka) as reader:
        found = []
        for tp in await _partitions(kafka, on_broker):
            reader.assign([tp])
            await reader.seek_to_beginning(tp)
            end = (await reader.end_offsets([tp]))[tp]
            while await reader.position(tp) < end:
                fetched = (await reader.getmany(tp, timeout_ms=200)).get(tp, [])
                found += [
                    Logged(topic, tp.partition, one.offset, one.timestamp, one.key, one.value or b"")
                    for one in fetched
                ]
        return found


async def _partitions(kafka: Kafka, *topics: str) -> list[TopicPartition]:
    """Return the partitions of topics; wait for topics that the broker does not know yet."""
    async with AIOKafkaProducer(**client_options(kafka)) as producer:  # a consumer would not wait
        return [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in sorted(await producer.partitions_for(topic))
        ]


def _reader(kafka: Kafka) -> Any:
    options: Mapping[str, Any] = client_options(kafka)
    return AIOKafkaConsumer(**options, isolation_level="read_committed", enable_auto_commit=False)
