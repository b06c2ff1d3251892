"""A worker without Faust: the real tasks and consumer, fed through queues as agents are."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Final

from aiokafka import TopicPartition
from faust.types import TP

from attribution.streams.clients.consumer import Ends
from attribution.streams.group.transport import BatchConsumer
from attribution.streams.task.commit_stats import CommitStats
from attribution.streams.task.context import TaskContext
from attribution.streams.task.task import Task
from attribution.streams.task.task_set import TaskSet
from attribution_tests.deterministic_simulation.kafka.broker import Broker
from attribution_tests.deterministic_simulation.kafka.group import Group
from attribution_tests.deterministic_simulation.kafka.readers import GroupReader
from attribution_tests.deterministic_simulation.loop import Process

_CLOSE_SECONDS: Final = 6.0
_HEARTBEAT_SECONDS: Final = 2.0


class FedConsumer(BatchConsumer):
    """The worker's consumer on a simulated client; it passes batches to ``deliver``."""

    should_stop = False

    def __init__(self, tasks: TaskSet, reader: GroupReader, deliver: Callable[[Any], Any]) -> None:
        self.app = SimpleNamespace(consumer_generation_id=0)
        self.callback = deliver
        self._work = tasks
        self._kafka: Any = reader
        self._ends = Ends(reader)
        self._delivered = {}

    async def read(self) -> None:
        await self.deliver(lambda: self.should_stop)


class SimulatedWorker:
    """One process of the deployment; ``failure`` is the error that ended it."""

    def __init__(
        self,
        process: Process,
        context: TaskContext,
        broker: Broker,
        group: Group,
        reader: GroupReader,
        chance: random.Random,
        consumed: Counter[str],
    ) -> None:
        self.process = process
        self.failure: BaseException | None = None
        self.beside: list[asyncio.Task[None]] = []
        self.tasks = TaskSet(context, self._resume, self._record_commit, self._fail)
        self.consumer = FedConsumer(self.tasks, reader, self._deliver)
        self._context = context
        self._broker = broker
        self._group = group
        self._reader = reader
        self._chance = chance
        self._consumed = consumed
        self._stopping = asyncio.Event()
        self._queues: dict[str, asyncio.Queue[Any]] = {agent: asyncio.Queue() for agent in context.job.agents}
        self._agents = {
            agent: {context.on_broker(topic) for topic in topics}
            for agent, topics in context.job.agents.items()
        }

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        work = [self._belong(), self.consumer.read(), *map(self._act, self._queues)]
        self.beside = [asyncio.create_task(one) for one in work]
        for one in self.beside:
            one.add_done_callback(self._record_end)
        await self._stopping.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.tasks.close(commit=self.failure is None), _CLOSE_SECONDS)
        self._group.leave(self.process.name)

    async def _belong(self) -> None:
        """Be a member of the group, as aiokafka's coordinator with Faust's callbacks is."""
        name, topics = self.process.name, self._context.read_by_partition()
        while True:
            self._reader.begin_reassignment()
            await self.consumer.revoked()
            share = await self._group.join(name)
            on_broker = map(self._context.on_broker, topics)
            self._reader.assign([TopicPartition(topic, p) for topic in on_broker for p in sorted(share)])
            await self.tasks.assign(share)
            while not await self._group.must_rejoin(name):  # noqa: ASYNC110 - heartbeats
                await asyncio.sleep(self._chance.random() * _HEARTBEAT_SECONDS)

    async def _act(self, agent: str) -> None:
        while True:
            batch = await self._queues[agent].get()
            self.tasks.feed(agent, batch)

    async def _deliver(self, message: Any) -> None:
        for agent, topics in self._agents.items():
            if message.topic in topics:
                self._queues[agent].put_nowait(message.value)

    def _resume(self, task: Task) -> None:
        self._broker.trace.record(f"{self.process} has task {task.partition} ready")
        self.consumer.resume_at(
            {
                TP(self._context.on_broker(topic), task.partition): task.steps.next_offset(topic)
                for topic in self._context.read_by_partition()
            }
        )

    def _record_commit(self, _: Task, stats: CommitStats) -> None:
        self._consumed.update(stats.consumed)

    def _fail(self, error: BaseException) -> None:
        self._broker.trace.record(f"{self.process} fails: {type(error).__name__} {error}"[:300])
        self.failure = self.failure or error
        self._stopping.set()

    def _record_end(self, ended: "asyncio.Task[None]") -> None:
        if not ended.cancelled() and (error := ended.exception()) is not None:
            self._fail(error)
