# mypy: disable-error-code="import-untyped"
"""Observe what the tasks commit: follow the changelog as a reader of committed records."""

import asyncio
from collections.abc import Iterable
from threading import Event, Thread
from time import monotonic
from typing import Any, Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.steps.topology import declared
from attribution.hosts.kafka.names import names_of
from attribution.streams.checkpoint import TASK_KEY, TaskCheckpoint
from attribution_tests.chaos.environment.waiting import until

_POLL_MS: Final = 100
_AGAIN_SECONDS: Final = 0.2
_TICKS_MORE: Final = 2


class Watch:
    """Follow the record ``__task`` of every task in a background thread.

    Attributes:
        commits: The times (``monotonic``), by task, at which a commit was seen.
    """

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._names = names_of(kafka)
        self._latest: dict[int, TaskCheckpoint] = {}
        self.commits: dict[int, list[float]] = {task: [] for task in range(kafka.partitions)}
        self._ends: dict[tuple[str, int], int] = {}
        self._looked_at = 0.0
        self._is_over = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._follow()), name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def processed(self) -> int:
        """Return how many records of the partitioned topics have been processed."""
        return sum(
            record.positions["attribute"].get(topic, 0)
            for record in self._latest.values()
            for topic in declared().by_partition
        )

    def wait_for_commits(self, seconds: float, tasks: Iterable[int] | None = None) -> float:
        """Wait until every task, or each of ``tasks``, commits again; return the seconds that took."""
        now, wanted = monotonic(), set(self.commits if tasks is None else tasks)
        return until(
            lambda: not wanted & self.silent_since(now),
            seconds,
            lambda: f"no commit by tasks {sorted(wanted & self.silent_since(now))}",
        )

    def wait_until_done(self, seconds: float) -> None:
        """Wait until all records in the topics are processed and committed, and then a few more ticks."""
        deadline = monotonic() + seconds
        until(self._has_processed_all, seconds, lambda: f"behind: {self._behind()}")
        goal = self._end_of_ticks() + _TICKS_MORE
        left = max(1.0, deadline - monotonic())
        until(lambda: min(self._ticks()) >= goal, left, lambda: f"ticks {self._ticks()}, not {goal}")

    def silent_since(self, at: float) -> set[int]:
        """Return the tasks without a commit since ``at``."""
        return {task for task, commits in self.commits.items() if not commits or commits[-1] < at}

    def _ticks(self) -> list[int]:
        return [
            self._latest[task].positions["attribute"].get("ticks", 0) if task in self._latest else 0
            for task in self.commits
        ]

    def _end_of_ticks(self) -> int:
        return self._ends[self._names.topic("ticks"), 0]

    def _has_processed_all(self) -> bool:
        asked_at = monotonic()
        until(lambda: self._looked_at > asked_at + _AGAIN_SECONDS, 60, lambda: "the broker does not answer")
        return not self._behind()

    def _behind(self) -> dict[tuple[str, int], int]:
        """Return the number of unprocessed records by topic and partition, where there are any."""
        return {
            (topic, task): end - self._position(topic, task)
            for topic in declared().by_partition
            for task in self.commits
            if (end := self._ends.get((self._names.topic(topic), task), 0)) > self._position(topic, task)
        }

    def _position(self, topic: str, task: int) -> int:
        record = self._latest.get(task)
        if record is None:
            return 0
        return min(offsets[topic] for offsets in record.positions.values() if topic in offsets)

    async def _follow(self) -> None:
        options: dict[str, Any] = {**client_options(self._kafka), "request_timeout_ms": 5_000}
        async with AIOKafkaConsumer(
            **options,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        ) as reader:
            reader.assign([TopicPartition(self._names.changelog, task) for task in self.commits])
            looking = asyncio.create_task(self._look(reader))
            while not self._is_over.is_set():
                self._record(await reader.getmany(timeout_ms=_POLL_MS))
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def _record(self, found: dict[TopicPartition, list[Any]]) -> None:
        for tp, records in found.items():
            for one in records:
                if one.key == TASK_KEY:
                    self._latest[tp.partition] = msgspec.json.decode(one.value, type=TaskCheckpoint)
                    self.commits[tp.partition].append(monotonic())

    async def _look(self, reader: Any) -> None:
        """Keep the end offsets of the topics up to date, whenever the broker answers."""
        topics = [self._names.topic(topic) for topic in declared().by_partition]
        places = [TopicPartition(topic, task) for topic in topics for task in self.commits]
        places.append(TopicPartition(self._names.topic("ticks"), 0))
        while True:
            asked_at = monotonic()
            try:
                ends = await reader.end_offsets(places)
            except KafkaError:
                continue
            self._ends = {(tp.topic, tp.partition): end for tp, end in ends.items()}
            self._looked_at = asked_at
            await asyncio.sleep(_AGAIN_SECONDS)
