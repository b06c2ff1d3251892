"""Recalling: what is in no changelog is read again from its own topic, and taken in without deriving anything."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition

from attribution.domain.records.topics import REFERENCES
from attribution.engine.record import Record
from attribution.hosts.kafka.arrivals import Arrivals
from attribution.hosts.kafka.deployment import Deployment
from attribution.hosts.kafka.progress import TaskRecord
from attribution.hosts.kafka.restore import Restoration
from attribution.hosts.kafka.task_pipeline import TOUCHES, TaskPipeline

_STAGE = "attribute"
_RECALLED = ("clicks", "room-entries")


class Recall:
    """Reads what a task had processed up to where ``task`` says; ``keep`` is called after each lot."""

    def __init__(
        self,
        restoration: Restoration,
        pipeline: TaskPipeline,
        deployment: Deployment,
        partition: int,
        keep: Callable[[], None],
    ) -> None:
        self._restoration = restoration
        self._pipeline = pipeline
        self._deployment = deployment
        self._partition = partition
        self._keep = keep
        self._arrivals = Arrivals()

    async def versions(self, task: TaskRecord) -> None:
        """Recall reference versions."""
        for name in (topic.name for topic in REFERENCES):
            tp = TopicPartition(self._deployment.on_broker(name), 0)
            async for fetched in self._restoration.span(tp, 0, task.positions[_STAGE].get(name, 0)):
                for record in self._arrivals.direct(name, 0, fetched):
                    self._pipeline.recall_version(record)

    async def touches(self, task: TaskRecord, before: TaskRecord | None) -> None:
        """Recall clicks and room entries, less what the store has since ``before``."""
        for name in _RECALLED:
            if name in self._deployment.rekeyed:
                await self._passed(f"rekeyed-{name}", task, before)
            else:
                await self._direct(name, task.positions[_STAGE][name], before)
        await self._passed(TOUCHES, task, before)

    async def _direct(self, topic: str, stop: int, before: TaskRecord | None) -> None:
        tp = TopicPartition(self._deployment.on_broker(topic), self._partition)
        async for fetched in self._restoration.span(tp, await self._start(topic, tp, before, stop), stop):
            self._take(self._arrivals.direct(topic, self._partition, fetched))

    async def _passed(self, hop: str, task: TaskRecord, before: TaskRecord | None) -> None:
        done = task.done[_STAGE][hop]
        tp = TopicPartition(self._deployment.on_broker(hop), self._partition)
        start = await self._start(hop, tp, before, max(done))
        async for fetched in self._restoration.span(tp, start, max(done)):
            by_source, _ = self._arrivals.passed(fetched, hop.removeprefix("rekeyed-"))
            for source, (records, places) in by_source.items():
                pairs = zip(records, places, strict=True)
                self._take([record for record, place in pairs if place < done[source]])

    def _take(self, records: list[Record]) -> None:
        self._pipeline.recall(records)
        self._keep()

    async def _start(self, topic: str, tp: TopicPartition, before: TaskRecord | None, stop: int) -> int:
        """Return where to begin: behind what the store has, or where what is still needed begins."""
        had: Mapping[str, int] = before.positions[_STAGE] if before else {}
        if topic in had:
            return had[topic]
        if stop == 0:
            return 0
        return await self._restoration.start_of(tp, self._pipeline.tables.remembers_from())
