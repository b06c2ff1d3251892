"""Hosts and their workers over one broker: workers restart when they end; disks survive or do not."""

import asyncio
import random
from collections import Counter, defaultdict
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.store import Store
from attribution.hosts.kafka.job import AttributionJob
from attribution.processor.persistence import Limits, Persistence
from attribution.streams.names import Names
from attribution.streams.task.context import TaskContext
from attribution_tests.deterministic_simulation.kafka.broker import Broker, Trace
from attribution_tests.deterministic_simulation.kafka.disk import DiskStore, Files
from attribution_tests.deterministic_simulation.kafka.group import Group
from attribution_tests.deterministic_simulation.kafka.producers import SimulatedTransactions
from attribution_tests.deterministic_simulation.kafka.readers import GroupReader, SimulatedReader
from attribution_tests.deterministic_simulation.loop import PROCESS, Process, SimulatedLoop
from attribution_tests.deterministic_simulation.plan import Plan
from attribution_tests.deterministic_simulation.worker import SimulatedWorker
from attribution_tests.oracle.histories.scribe import DAY, END

NAMES: Final = Names("attribution", "")
_ORDER_AGE_MS: Final = 180 * DAY


class Host:
    """A machine: a disk, and at most one worker at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.starts = 0
        self.files: defaultdict[int, Files] = defaultdict(Files)
        self.worker: SimulatedWorker | None = None
        self.running: asyncio.Task[None] | None = None


class World:
    """Everything outside of the workers."""

    def __init__(self, loop: SimulatedLoop, plan: Plan) -> None:
        self.plan = plan
        self.loop = loop
        self.chance = random.Random(f"world {plan.seed}")  # noqa: S311
        self.trace = Trace(loop)
        self.broker = Broker(self.chance, self.trace, END + 200 * DAY)
        self.broker.slowness = plan.slowness
        self.broker.loses_percent = plan.loses_percent if plan.faults else 0.0
        self.group = Group(self.broker, self.chance, plan.partitions)
        self.hosts = [Host(f"host-{number}") for number in range(plan.hosts)]
        self.ended: list[SimulatedWorker] = []
        self._cut_short: set[asyncio.Task[Any]] = set()
        """Tasks cut short, kept until the end. Else the garbage collector closes their coroutines during the run."""
        self.violations: list[str] = []
        self.consumed: Counter[str] = Counter()
        """The records that all workers together say they have consumed, by topic."""
        self.is_quiet = False
        self.reads_committed = True
        self._create_topics()

    def start(self) -> None:
        self.watching = [asyncio.create_task(self.group.run()), asyncio.create_task(self._compact())]
        for host in self.hosts:
            self._start(host)

    def host_of(self, process: Process) -> Host:
        return next(one for one in self.hosts if one.worker is not None and one.worker.process is process)

    def kill(self, host: Host, *, lost_commits: int = 0, keeps_disk: bool = True) -> None:
        """Kill a worker between two of its steps; another starts later."""
        assert host.worker is not None
        host.worker.process.is_alive = False
        for files in host.files.values():
            files.opened_by = None
            files.lose(lost_commits)
        if not keeps_disk:
            host.files.clear()
        self._ended(host)

    def context(self, host: Host, process: Process) -> TaskContext:
        plan, broker = self.plan, self.broker
        limits = Limits(plan.cache_touches, _ORDER_AGE_MS, plan.sweep_outputs)
        persistence = Persistence(interactions=plan.on_disk, orders=True, versions=False)

        def open_store(partition: int, _: int) -> Store:
            return DiskStore(host.files[partition], process) if plan.on_disk else MemoryStore()

        return TaskContext(
            names=NAMES,
            options={},
            partitions=plan.partitions,
            job=AttributionJob(plan.rekeyed, DEFAULT_POLICY, limits, persistence),
            open_store=open_store,
            open_reader=lambda: SimulatedReader(
                broker, self.chance, plan.fetched, committed=self.reads_committed
            ),
            open_transactions=lambda name: SimulatedTransactions(broker, name, NAMES.group, plan.batch),
            step_records=plan.step_records,
            commit_interval=0.1,
        )

    def _start(self, host: Host) -> None:
        host.starts += 1
        process = Process(f"{host.name}.{host.starts}")
        self.trace.record(f"{process} starts")
        reader = GroupReader(self.broker, self.chance, self.plan.fetched, committed=self.reads_committed)
        token = PROCESS.set(process)
        try:
            host.worker = SimulatedWorker(
                process,
                self.context(host, process),
                self.broker,
                self.group,
                reader,
                self.chance,
                self.consumed,
            )
            host.running = asyncio.create_task(host.worker.run())
            host.running.add_done_callback(lambda ended: self._record_end(host, ended))
        finally:
            PROCESS.reset(token)

    def _record_end(self, host: Host, ended: "asyncio.Task[None]") -> None:
        worker = host.worker
        assert worker is not None
        error = worker.failure or (None if ended.cancelled() else ended.exception())
        if error is not None and not isinstance(error, KafkaError):
            self.violations.append(f"{worker.process} failed: {type(error).__name__}: {error}")
        worker.process.is_alive = False
        for files in host.files.values():
            files.opened_by = None
        self._ended(host)

    def _ended(self, host: Host) -> None:
        assert host.worker is not None
        self.trace.record(f"{host.worker.process} has ended")
        self.ended.append(host.worker)
        self._cut_short |= asyncio.all_tasks(self.loop)
        host.worker = None
        self.broker.later(0.1 if self.is_quiet else self.chance.random() * 5, self._start, host)

    def _create_topics(self) -> None:
        for topic in BY_NAME.values():
            self.broker.create(topic.name, topic.partitions or self.plan.partitions)
        job = self.context(self.hosts[0], Process("nobody")).job
        for repartition_topic in (*map(NAMES.internal, job.repartition_topics), NAMES.changelog):
            self.broker.create(repartition_topic, self.plan.partitions)

    async def _compact(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1.0) * 3)
            partition = self.chance.randrange(self.plan.partitions)
            gone = self.broker.partitions[TopicPartition(NAMES.changelog, partition)].compact()
            if gone:
                self.trace.record(f"{gone} rows of changelog {partition} are compacted")
