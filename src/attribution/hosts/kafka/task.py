"""A task: a partition's share of the steps, its state, and the transactions that bring both forward."""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Final

import msgspec
from aiokafka import TopicPartition

from attribution.engine.overlay import Overlay
from attribution.engine.record import Record
from attribution.hosts.embedded.stopwatch import Stopwatch
from attribution.hosts.kafka.arrivals import Arrivals
from attribution.hosts.kafka.batch import Batch
from attribution.hosts.kafka.broadcast import Broadcast
from attribution.hosts.kafka.deployment import Deployment
from attribution.hosts.kafka.done import Done
from attribution.hosts.kafka.outgoing import Outgoing
from attribution.hosts.kafka.partitioning import check_partitioner
from attribution.hosts.kafka.progress import LOCAL, Saved, TaskRecord
from attribution.hosts.kafka.recall import Recall
from attribution.hosts.kafka.restore import Restoration, reader_of
from attribution.hosts.kafka.stage import Stage
from attribution.hosts.kafka.stages import stages_of
from attribution.hosts.kafka.task_pipeline import TaskPipeline
from attribution.hosts.kafka.transaction import Transactions
from attribution.hosts.pipeline import rows

_SLICE: Final = 2_000
"""So many records are processed before others, and heartbeats, have their turn."""
_UNLOGGED: Final = (rows.MOMENTS, LOCAL)
_PATIENT: Final = 10
"""Where nothing but positions has changed, so many commit intervals pass before they are committed."""


class Task:
    """One task, from its assignment to its revocation.

    ``prepare`` fences the previous owner and restores; ``run`` works until ``close``. An error in between is the
    caller's: nothing of the step that it happened in has been committed.
    """

    def __init__(
        self, partition: int, deployment: Deployment, on_commit: Callable[["Task", Done], None]
    ) -> None:
        self.partition = partition
        self.state = "fencing"
        self.restored = 0
        self.restore_seconds = 0.0
        self.stages: list[Stage] = []
        self._deployment = deployment
        self._on_commit = on_commit
        self._arrivals = Arrivals()
        self._stopwatch = Stopwatch()
        self._consumed: Counter[str] = Counter()
        self._orders_at: list[int] = []
        self._transaction_began: float | None = None
        self._woken = asyncio.Event()
        self._is_closing = False
        self._is_finishing = False
        self._is_suspended = False
        self._is_committing = asyncio.Lock()
        self._due_at: float | None = None
        self._unit_records = 0
        self._outgoing = Outgoing(deployment, partition)
        self._reader = reader_of(deployment.options)
        self._broadcast = Broadcast(self._reader, deployment, self._take_broadcast, self._woken.set)
        self._transactions = Transactions(
            deployment.options,
            deployment.names.transactional_id(partition),
            deployment.names.group,
            deployment.transaction_timeout_ms,
        )
        self._store: Overlay | None = None
        self._changelog_offset = 0

    @property
    def pipeline(self) -> TaskPipeline:
        """The steps, once the task is restored."""
        return self._pipeline

    async def prepare(self) -> None:
        """Take the task over: fence whoever had it, restore its state, find where each topic goes on."""
        await self._transactions.start()
        self.state = "restoring"
        store = self._store = Overlay(self._deployment.open_store(self.partition), _UNLOGGED)
        await self._reader.start()
        restoration = Restoration(self._reader, store, self._note_restored)
        changelog = TopicPartition(self._deployment.names.changelog, self.partition)
        everything = [changelog, *self._deployment.places(self.partition).values()]
        self._reader.assign(everything)
        self._reader.pause(*everything)
        before = restoration.saved()
        now = await restoration.changelog(changelog, before)
        self._changelog_offset = now.changelog
        deployment = self._deployment
        self._pipeline = TaskPipeline(
            self.partition, store, deployment.default_policy, deployment.limits, deployment.keeping
        )
        positions = now.task.positions if now.task else {}
        beginnings = await restoration.beginnings(self._deployment.places(self.partition), positions)
        self._pipeline.tables.stream_time = now.task.stream_time if now.task else 0
        if now.task is not None:
            recall = Recall(restoration, self._pipeline, deployment, self.partition, self._keep_recalled)
            await recall.versions(now.task)
            await recall.touches(now.task, before.task if deployment.keeping.moments else None)
        self.stages = stages_of(self._pipeline, deployment, now.task, beginnings)
        self._save_locally(now.task)
        store.commit()
        self._broadcast.start(self.stages[-1].flow)
        self.state = "running"

    async def run(self) -> None:
        """Work until closed, or told to finish."""
        while not self._is_closing and not self._is_finishing:
            if failure := self._broadcast.failure():
                raise failure
            worked = False if self._is_suspended else await self._advance()
            if self._is_due():
                await self.commit()
            elif not worked:
                await self._rest()
        if self._is_finishing:
            await self.commit()

    def finish(self) -> None:
        """Have ``run`` commit what was done, and return."""
        self._is_finishing = True
        self._woken.set()

    async def suspend(self) -> None:
        """Take no more batches; what is being committed is committed first."""
        self._is_suspended = True
        async with self._is_committing:
            pass

    def resume(self) -> None:
        """Go on after a rebalance that left the task here."""
        self._is_suspended = False
        self._woken.set()

    async def close(self) -> None:
        """Let go of everything; what was not committed is given up."""
        self._is_closing = True
        self._woken.set()
        async with self._is_committing:
            self.state = "closed"
            await self._broadcast.stop()
            await self._reader.stop()
            await self._transactions.stop()
            if self._store is not None:
                self._store.close()
                self._store = None

    def feed(self, agent: str, topic: str, batch: Batch) -> None:
        """Take in what an agent was handed."""
        if agent == "attribute" and topic in self._deployment.direct():
            check_partitioner(batch, self._deployment.partitions)
        with self._stopwatch.stage("decode"):
            for stage in self.stages:
                if stage.agent == agent and topic in stage.flow.topics():
                    stage.take(topic, batch, self._arrivals)
        if agent == "attribute":
            self._consumed[topic] += len(batch.fetched)
        self._woken.set()

    def ends(self, topic: str, offset: int) -> None:
        """Note where a topic ends for now."""
        for stage in self.stages:
            if topic in stage.flow.topics():
                stage.flow.ends(topic, offset)
        self._woken.set()

    def held_back(self, topic: str) -> int:
        """Return how many records of a topic wait to be processed."""
        return max(
            (stage.flow.held_back(topic) for stage in self.stages if topic in stage.flow.topics()), default=0
        )

    def start_offset(self, topic: str) -> int:
        """Return the offset from which on the task has yet to be fed."""
        return min(stage.flow.next_offset(topic) for stage in self.stages if topic in stage.flow.topics())

    def transaction_age(self) -> float:
        """Return for how many seconds a transaction has been open; 0 if none is."""
        began = self._transaction_began
        return 0.0 if began is None else monotonic() - began

    def lags(self) -> dict[tuple[str, str], int]:
        """Return by step and topic how many records have yet to be processed."""
        return {(stage.name, topic): lag for stage in self.stages for topic, lag in stage.flow.lags().items()}

    async def commit(self) -> None:
        """Commit what was done since the last time: outputs, changes of state, positions."""
        async with self._is_committing:
            if not self._is_closing:
                await self._commit()

    async def _commit(self) -> None:
        store, unit = self._store, self._pipeline.unit
        assert store is not None  # noqa: S101
        with self._stopwatch.stage("encode"):
            self._pipeline.flush()
            unit.pending.write_to(store)
            task = TaskRecord(
                {stage.name: stage.flow.positions() for stage in self.stages},
                {stage.name: stage.flow.done() for stage in self.stages},
                self._pipeline.tables.stream_time,
            )
            sent = self._outgoing.records(unit, self.stages, store, task)
        done = self._take_stock()
        offsets = self._outgoing.offsets(task)
        if not offsets:
            self._due_at = asyncio.get_running_loop().time() + self._outgoing.seconds_to_offsets()
        began = self._transaction_began = monotonic()
        with self._stopwatch.stage("commit"):
            placed = await self._transactions.commit(sent, offsets)
        self._transaction_began = None
        changelog = self._deployment.names.changelog
        self._changelog_offset = placed[changelog, self.partition]
        with self._stopwatch.stage("write"):
            self._save_locally(task)
            store.commit()
            self._pipeline.trim()
        self._on_commit(self, done._replace(transaction_seconds=monotonic() - began))

    def _take_stock(self) -> Done:
        """Note what is being committed, and begin the next unit of work."""
        unit, tables = self._pipeline.unit, self._pipeline.tables
        assert self._store is not None  # noqa: S101
        self._stopwatch.move(unit.encode_seconds, "derive", "encode")
        done = Done(
            consumed=self._consumed,
            counts=dict(unit.counts),
            seconds=self._stopwatch.lap(),
            sizes=tables.sizes() | {"state_bytes": self._store.size_bytes()},
            stream_time=tables.stream_time,
            orders_at=self._orders_at,
        )
        unit.clear()
        self._consumed, self._orders_at = Counter(), []
        self._due_at, self._unit_records = None, 0
        return done

    async def _advance(self) -> bool:
        """Take what can be released through the stages; tell whether there was anything."""
        worked = False
        for stage in self.stages:
            with self._stopwatch.stage("merge"):
                released = stage.flow.release()
            worked |= bool(released)
            await self._process(stage, released)
        self._note_due(worked=worked)
        return worked

    async def _process(self, stage: Stage, released: list[Record]) -> None:
        self._unit_records += len(released)
        if stage is self.stages[-1]:
            self._orders_at += [record.timestamp for record in released if record.topic == "orders"]
        for start in range(0, len(released), _SLICE):
            with self._stopwatch.stage("derive"):
                stage.process(released[start : start + _SLICE])
            await asyncio.sleep(0)

    def _note_due(self, *, worked: bool) -> None:
        """Set when to commit: soon if somebody waits for it."""
        is_urgent = bool(self._pipeline.unit.outputs) or any(stage.has_news() for stage in self.stages)
        if not worked and not is_urgent:
            return
        interval = self._deployment.commit_interval * (1 if is_urgent else _PATIENT)
        due = asyncio.get_running_loop().time() + interval
        self._due_at = due if self._due_at is None else min(due, self._due_at)

    def _is_due(self) -> bool:
        if self._due_at is None or self._is_suspended:
            return False
        is_full = self._unit_records >= self._deployment.step_records
        return is_full or asyncio.get_running_loop().time() >= self._due_at

    async def _rest(self) -> None:
        """Wait for records, or until a commit is due."""
        now = asyncio.get_running_loop().time()
        left = None if self._due_at is None or self._is_suspended else max(0.0, self._due_at - now)
        try:
            await asyncio.wait_for(self._woken.wait(), left)
        except TimeoutError:
            return
        self._woken.clear()

    def _save_locally(self, task: TaskRecord | None) -> None:
        assert self._store is not None  # noqa: S101
        saved = msgspec.json.encode(Saved(task, self._changelog_offset))
        self._store.write({LOCAL: {b"": saved}})

    def _keep_recalled(self) -> None:
        assert self._store is not None  # noqa: S101
        self._pipeline.flush()
        self._pipeline.unit.pending.write_to(self._store)
        self._pipeline.unit.clear()
        self._store.commit()
        self._pipeline.trim()

    def _note_restored(self, records: int, seconds: float) -> None:
        self.restored, self.restore_seconds = records, seconds

    def _take_broadcast(self, topic: str, fetched: Batch) -> None:
        self.stages[-1].take(topic, fetched, self._arrivals)
        self._woken.set()
