"""A task: the steps of one partition, their state, and the transactions that advance both."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from aiokafka import TopicPartition

from attribution.engine.stage_timer import StageTimer
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.streams.batch import Batch
from attribution.streams.checkpoint import (
    LOCAL,
    StoreCheckpoint,
    TaskCheckpoint,
    least_positions,
    write_checkpoint,
)
from attribution.streams.clients.health import stop_within
from attribution.streams.clients.partitioner import check_partitioner
from attribution.streams.flow.step import Steps
from attribution.streams.task.commit_stats import CommitStats
from attribution.streams.task.commit_timer import CommitTimer
from attribution.streams.task.consumed import ConsumedRecords
from attribution.streams.task.context import TaskContext
from attribution.streams.task.global_topics import GlobalTopics
from attribution.streams.task.job import Clock
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration
from attribution.streams.task.transaction_records import TransactionRecords

_BATCH_RECORDS: Final = 500
"""The number of records of an input that are processed before other tasks and heartbeats get their turn."""

_GATHER_SECONDS: Final = 0.01
"""How long records gather: running all steps for the records of a single fetch costs more than it gains."""

_STOP_SECONDS: Final = 2.0
"""The time limit for stopping clients. Nothing depends on it: the next owner fences this one."""


class Task:
    """One task, from its assignment to its revocation.

    ``prepare`` fences the previous owner and restores the state. ``run`` works until ``close``. The caller
    handles errors in between: nothing of the unit of work that failed has been committed.
    """

    def __init__(
        self, partition: int, context: TaskContext, on_commit: Callable[["Task", CommitStats], None]
    ) -> None:
        self.partition = partition
        self.state = "fencing"
        self.restored = 0
        self.restore_seconds = 0.0
        self.steps = Steps()
        self._context = context
        self._name = context.names.transactional_id(partition)
        self._on_commit = on_commit
        self._latency_topic = context.job.latency_topic
        self._timer = StageTimer()
        self._latencies_from: list[int] = []
        self._transaction_began: float | None = None
        self._woken = asyncio.Event()
        self._is_closing = False
        self._is_finishing = False
        self._is_suspended = False
        self._is_idle = False
        self._is_committing = asyncio.Lock()
        self._commit_timer = CommitTimer(context.commit_interval)
        self._unit_records = 0
        self._transaction_records = TransactionRecords(context, partition)
        self._reader = context.open_reader()
        self._global_topics = GlobalTopics(
            self._reader, context, self._add_global, self.has_room, self._woken.set
        )
        self._transactions = context.open_transactions(self._name)
        self._store: WriteBuffer | None = None
        self._changelog_offset = 0

    @property
    def clock(self) -> Clock:
        """The clock of the state, once the task is restored."""
        return self._work.clock

    async def prepare(self) -> None:
        """Take over the task: fence its previous owner, restore its state, find where each topic resumes."""
        await self._transactions.start()
        self.state = "restoring"
        context = self._context
        store = self._store = WriteBuffer(
            context.open_store(self.partition, context.partitions), (*context.job.unlogged, LOCAL)
        )
        now, beginnings = await self._restore(store)
        self.steps = Steps(self._work.steps(now.task, beginnings))
        self._consumed = ConsumedRecords(context.job, self.partition, self.steps)
        self._positions = least_positions(self.steps.positions())
        write_checkpoint(store, StoreCheckpoint(now.task, self._changelog_offset))
        store.commit()
        self._global_topics.start(self.steps)
        self.state = "running"

    async def _restore(self, store: WriteBuffer) -> tuple[StoreCheckpoint, Mapping[str, int]]:
        """Restore the state; return its checkpoint, and where each topic begins."""
        changelog = self._context.names.changelog
        places = self._context.places(self.partition)
        everything = {**places, changelog: TopicPartition(changelog, self.partition)}
        await self._reader.start()
        self._reader.assign(list(everything.values()))
        self._reader.pause(*everything.values())
        version = self._context.job.state_version
        restoration = Restoration(
            self.partition, everything, self._reader, store, self._record_restored, version
        )
        before = restoration.saved()
        now = await restoration.changelog(changelog, before)
        self._changelog_offset = now.changelog
        self._work = self._context.job.open_work(self.partition, self._context.partitions, store)
        self._offset_index = OffsetIndex(store)
        beginnings = await restoration.beginnings(now.task.positions if now.task else {})
        if now.task is not None:
            self._work.clock.stream_time = now.task.stream_time
            save = self._save_restored
            await self._work.restore(restoration, self._offset_index, now.task, before.task, save)
        return now, beginnings

    async def run(self) -> None:
        """Work until ``close`` or ``finish``."""
        while not self._is_closing and not self._is_finishing:
            if failure := self._global_topics.failure():
                raise failure
            worked = False if self._is_suspended else await self._advance()
            self._is_idle = not worked
            if self._is_due():
                await self.commit()
            elif not worked:
                await self._rest()
        if self._is_finishing:
            await self.commit()

    def finish(self) -> None:
        """Make ``run`` commit its work and return."""
        self._is_finishing = True
        self._woken.set()

    async def suspend(self) -> None:
        """Stop processing; a commit that is running is completed first."""
        self._is_suspended = True
        async with self._is_committing:
            pass

    def resume(self) -> None:
        """Resume after a rebalance that left the task here."""
        self._is_suspended = False
        self._woken.set()

    async def close(self) -> None:
        """Release all resources; discard what was not committed."""
        self._is_closing = True
        self._woken.set()
        async with self._is_committing:
            self.state = "closed"
            await self._global_topics.stop()
            await stop_within(self._reader.stop(), self._transactions.stop(), seconds=_STOP_SECONDS)
            if self._store is not None:
                self._store.close()
                self._store = None

    def feed(self, agent: str, topic: str, batch: Batch) -> None:
        """Add a batch that an agent received."""
        if agent == self._context.job.main_step and topic not in self._context.job.repartition_topics:
            check_partitioner(batch, self._context.partitions)
        with self._timer.stage("decode"):
            for step in (one for one in self.steps if one.agent == agent and one.inputs.reads(topic)):
                step.add(topic, batch, self._work.decoder)
        self._record_arrival()

    def record_end(self, topic: str, offset: int) -> None:
        """Record the current end of a topic."""
        if self.steps.record_end(topic, offset):
            self._woken.set()

    def has_room(self, topic: str) -> bool:
        """Return whether to read more of a topic: few of its records wait, or a step needs more of them."""
        return not self.steps.is_full(topic) or (self._is_idle and self.steps.is_waiting_for(topic))

    def transaction_age(self) -> float:
        """Return for how many seconds a transaction has been open; 0 if none is open."""
        began = self._transaction_began
        return 0.0 if began is None else monotonic() - began

    async def commit(self) -> None:
        """Commit the work since the last commit: outputs, changes of state, positions."""
        async with self._is_committing:
            if not self._is_closing:
                await self._commit()

    async def _commit(self) -> None:
        store, unit = self._store, self._work.unit
        assert store is not None  # noqa: S101
        with self._timer.stage("encode"):
            self._work.flush()
            unit.write_batch.write_to(store)
            task = self.steps.checkpoint(self._work.clock.stream_time, self._context.job.state_version)
            self._record_segment(task)
            sent = self._transaction_records.records(unit, self.steps, store, task)
        stats = self._commit_stats()
        offsets = self._transaction_records.offsets(task)
        if not offsets:
            self._commit_timer.record_offsets(self._transaction_records.seconds_to_offsets())
        began = self._transaction_began = monotonic()
        with self._timer.stage("commit"):
            placed = await self._transactions.commit(sent, offsets)
        self._transaction_began = None
        self._changelog_offset = placed[self._context.names.changelog, self.partition]
        with self._timer.stage("write"):
            write_checkpoint(store, StoreCheckpoint(task, self._changelog_offset))
            store.commit()
            self._work.trim()
        self._commit_timer.end()
        self._on_commit(self, stats._replace(transaction_seconds=monotonic() - began))

    def _record_segment(self, task: TaskCheckpoint) -> None:
        self._offset_index.record(task.stream_time, self._positions)
        self._offset_index.forget_before(self._work.clock.evidence_complete_from())
        self._positions = least_positions(task.positions)

    def _commit_stats(self) -> CommitStats:
        """Return the statistics of the commit, and begin the next unit of work."""
        unit = self._work.unit
        assert self._store is not None  # noqa: S101
        self._timer.move(unit.encode_seconds, "derive", "encode")
        stats = CommitStats(
            consumed=self._consumed.take(),
            counts=dict(unit.counts),
            seconds=self._timer.lap(),
            sizes=self._work.sizes() | {"state_bytes": self._store.size_bytes()},
            stream_time=self.clock.stream_time,
            latencies_from=self._latencies_from,
        )
        unit.clear()
        self._latencies_from = []
        self._commit_timer.begin()
        self._unit_records = 0
        return stats

    async def _advance(self) -> bool:
        """Process what can be released in all steps, or sweep; return whether there was anything to do."""
        worked = self._work.is_sweeping
        if worked:
            with self._timer.stage("derive"):
                self._work.sweep()
        else:
            for step in self.steps:
                processed = step.advance(_BATCH_RECORDS, self._timer)
                worked |= bool(processed)
                self._unit_records += len(processed)
                self._consumed.add(step, processed)
                if step.name == self._context.job.main_step:
                    self._latencies_from += [
                        record.timestamp for record in processed if record.topic == self._latency_topic
                    ]
        await asyncio.sleep(0)
        is_urgent = bool(self._work.unit.outputs) or any(step.has_news() for step in self.steps)
        if worked or is_urgent:
            self._commit_timer.record_work(is_urgent=is_urgent)
        return worked

    def _is_due(self) -> bool:
        """Return whether to commit: it is time, or the unit of work is full."""
        is_full = self._unit_records >= self._context.step_records or self._work.is_sweeping
        return not self._is_suspended and (is_full or self._commit_timer.is_reached())

    async def _rest(self) -> None:
        """Wait until records arrive, and let a few more gather, or until a commit is due."""
        left = None if self._is_suspended else self._commit_timer.seconds_left()
        try:
            await asyncio.wait_for(self._woken.wait(), left)
        except TimeoutError:
            return
        await asyncio.sleep(_GATHER_SECONDS)
        self._woken.clear()

    def _save_restored(self) -> None:
        assert self._store is not None  # noqa: S101
        self._work.flush()
        self._work.unit.write_batch.write_to(self._store)
        self._work.unit.clear()
        self._store.commit()
        self._work.trim()

    def _record_restored(self, records: int, seconds: float) -> None:
        self.restored, self.restore_seconds = records, seconds

    def _add_global(self, topic: str, fetched: Batch) -> None:
        for step in (one for one in self.steps if one.inputs.reads(topic)):
            step.add(topic, fetched, self._work.decoder)
        self._record_arrival()

    def _record_arrival(self) -> None:
        """Make sure that positions are committed eventually, even without records."""
        self._commit_timer.record_work(is_urgent=False)
        self._woken.set()
