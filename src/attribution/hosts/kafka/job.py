"""Attribution as a job of the task engine."""

from collections.abc import Callable, Mapping, Sequence

from attribution.domain.records.reference import Policy
from attribution.domain.references.catalogue import horizon_ms
from attribution.domain.steps.topology import ATTRIBUTE
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.decoding import RecordDecoder
from attribution.hosts.kafka.source_restore import SourceRestore
from attribution.hosts.kafka.steps import task_steps
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.hosts.kafka.task_topology import TaskTopology
from attribution.processor.layout.rows import INTERACTIONS, KEPT
from attribution.processor.persistence import Limits, Persistence
from attribution.processor.state_version import ON_KAFKA
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.step import BatchDecoder, Step
from attribution.streams.task.job import Clock
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration


class AttributionJob:
    """Attribution as a ``Job``. ``rekey`` names the input topics that are not keyed by buyer_id.

    ``limits.cache_touches`` is divided equally among the tasks, so that a worker with all tasks does not
    exceed it.
    """

    unlogged: Sequence[str] = (INTERACTIONS.table, KEPT.table)
    main_step = ATTRIBUTE.name
    latency_topic = "orders"
    state_version = ON_KAFKA
    agents: Mapping[str, Sequence[str]]
    direct: Sequence[str]
    global_topics: Sequence[str]
    outputs: Sequence[str]
    repartition_topics: Sequence[str]
    retention_needed_ms: Mapping[str, int]

    def __init__(
        self, rekey: frozenset[str], default_policy: Policy, limits: Limits, persistence: Persistence
    ) -> None:
        topology = self.topology = TaskTopology(rekey)
        self._default_policy = default_policy
        self._limits = limits
        self._persistence = persistence
        self.agents = topology.agents
        self.direct = topology.direct
        self.global_topics = tuple(sorted(topology.declared.whole))
        self.outputs = topology.declared.writes
        self.repartition_topics = topology.repartition_topics
        self.retention_needed_ms = dict.fromkeys(topology.retained, horizon_ms(default_policy))

    def open_work(self, partition: int, partitions: int, store: WriteBuffer) -> "AttributionWork":
        """Return the work of a task."""
        touches = self._limits.cache_touches
        share = self._limits._replace(cache_touches=None if touches is None else touches // partitions)
        processor = TaskProcessor(partition, store, self._default_policy, share, self._persistence)
        return AttributionWork(
            processor, self.topology, partitions, keeps_interactions=self._persistence.interactions
        )


class AttributionWork:
    """The work of one task; see ``streams.task.job.Work``."""

    def __init__(
        self,
        processor: TaskProcessor,
        topology: TaskTopology,
        partitions: int,
        *,
        keeps_interactions: bool,
    ) -> None:
        self.processor = processor
        self.unit = processor.unit
        self.clock: Clock = processor.state.clock
        self.sizes = processor.state.buyers.sizes
        self._decoder = RecordDecoder()
        self.decoder: BatchDecoder = self._decoder
        self.sweep = processor.sweep
        self.flush = processor.flush
        self.trim = processor.trim
        self.topology = topology
        self._partitions = partitions
        self._keeps_interactions = keeps_interactions

    @property
    def is_sweeping(self) -> bool:
        """Return whether a sweep must be resumed before any record is processed."""
        return self.processor.is_sweeping

    def steps(self, task: TaskCheckpoint | None, beginnings: Mapping[str, int]) -> list[Step]:
        """Return the steps. Each resumes at its positions in ``task``, or starts at ``beginnings``."""
        return task_steps(self.processor, self.topology, self._partitions, task, beginnings)

    async def restore(
        self,
        restoration: Restoration,
        offset_index: OffsetIndex,
        now: TaskCheckpoint,
        before: TaskCheckpoint | None,
        save: Callable[[], None],
    ) -> None:
        """Restore reference versions, and the touches that the store does not hold."""
        source_restore = SourceRestore(
            self.processor, self.topology, self._decoder, restoration, offset_index, save
        )
        await source_restore.versions(now)
        await source_restore.touches(now, before if self._keeps_interactions else None)
