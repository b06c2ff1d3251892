"""Attribution as a job: route, stitch, attribute and commission."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import READ
from attribution.domain.references.catalogue import horizon_ms
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.decoding import Arrivals
from attribution.hosts.kafka.hops import NAMED_ENTRIES, TOUCHES, rekeyed
from attribution.hosts.kafka.source_restore import Recall
from attribution.hosts.kafka.steps import stages_of
from attribution.hosts.kafka.task_processor import BROADCAST, TaskPipeline
from attribution.processor import layout as rows
from attribution.processor.attribute_state import Keeping
from attribution.processor.processor import Limits
from attribution.streams.checkpoint import TaskRecord
from attribution.streams.flow.step import Reads, Stage
from attribution.streams.task.job import Clock
from attribution.streams.task.offset_index import Buckets
from attribution.streams.task.restore import Restoration

REKEYABLE: Final = ("clicks", "room-entries", "orders")
_BY_PARTITION: Final = tuple(topic.name for topic in READ if topic.name not in BROADCAST)


class AttributionJob:
    """``rekey`` names the input topics that are not keyed by buyer_id; the rest is the steps' own.

    Of the touches that ``limits`` lets be cached each task has an equal share, so that a worker with all tasks has
    no more.
    """

    broadcast: Sequence[str] = tuple(sorted(BROADCAST))
    outputs: Sequence[str] = ("decisions", "commissions", "dead-letters")
    unlogged: Sequence[str] = (rows.MOMENTS, rows.KEPT)
    agents: Mapping[str, Sequence[str]]
    direct: Sequence[str]
    hops: Sequence[str]
    kept_ms: Mapping[str, int]

    def __init__(
        self, rekey: frozenset[str], default_policy: Policy, limits: Limits, keeping: Keeping
    ) -> None:
        self._rekeyed = sorted(rekey)
        self._default_policy = default_policy
        self._limits = limits
        self._keeping = keeping
        direct = [name for name in _BY_PARTITION if name not in rekey]
        moved = [rekeyed(name) for name in self._rekeyed]
        self.direct = (*direct, *self._rekeyed)
        self.hops = (NAMED_ENTRIES, TOUCHES, *moved)
        entries, clicks = (rekeyed(name) if name in rekey else name for name in ("room-entries", "clicks"))
        self.agents = {
            "route": [*self._rekeyed, entries],
            "stitch": [clicks, NAMED_ENTRIES],
            "attribute": [*direct, *moved, TOUCHES],
        }
        self.kept_ms = dict.fromkeys((entries, clicks, TOUCHES), horizon_ms(default_policy))

    def open_work(self, partition: int, partitions: int, store: WriteBuffer) -> "AttributionWork":
        """Return the steps of a task."""
        touches = self._limits.cache_touches
        share = self._limits._replace(cache_touches=None if touches is None else touches // partitions)
        pipeline = TaskPipeline(partition, store, self._default_policy, share, self._keeping)
        return AttributionWork(pipeline, self.agents, partitions, keeps_moments=self._keeping.moments)


class AttributionWork:
    """The steps of one task; see ``Work``."""

    def __init__(
        self,
        pipeline: TaskPipeline,
        agents: Mapping[str, Sequence[str]],
        partitions: int,
        *,
        keeps_moments: bool,
    ) -> None:
        self.pipeline = pipeline
        self.unit = pipeline.unit
        self.tables: Clock = pipeline.tables
        self._arrivals = Arrivals()
        self.reads: Reads = self._arrivals
        self.sweep = pipeline.sweep
        self.flush = pipeline.flush
        self.trim = pipeline.trim
        self._agents = agents
        self._partitions = partitions
        self._keeps_moments = keeps_moments

    @property
    def is_sweeping(self) -> bool:
        """Tell whether a sweep must be gone on with first."""
        return self.pipeline.is_sweeping

    def stages(self, task: TaskRecord | None, beginnings: Mapping[str, int]) -> list[Stage]:
        """Return the steps; each goes on where ``task`` says, or else begins where its topics do."""
        return stages_of(self.pipeline, self._agents, self._partitions, task, beginnings)

    async def restore(
        self,
        restoration: Restoration,
        buckets: Buckets,
        now: TaskRecord,
        before: TaskRecord | None,
        keep: Callable[[], None],
    ) -> None:
        """Recall reference versions, and the touches that the store does not hold."""
        recall = Recall(self.pipeline, self._arrivals, restoration, buckets, keep)
        await recall.versions(now)
        await recall.touches(now, before if self._keeps_moments else None)
