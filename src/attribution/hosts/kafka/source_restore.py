"""Source restore: reads state that is in no changelog again from its topics, without deriving anything."""

from collections.abc import Callable, Mapping

from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import REFERENCES
from attribution.domain.steps.topology import ATTRIBUTE
from attribution.engine.record import Record
from attribution.hosts.kafka.decoding import RecordDecoder
from attribution.hosts.kafka.task_topology import TaskTopology
from attribution.processor.processor import Processor
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration


class SourceRestore:
    """Applies again what a task had processed. ``save`` is called after each batch of touches."""

    def __init__(
        self,
        processor: Processor,
        topology: TaskTopology,
        decoder: RecordDecoder,
        restoration: Restoration,
        offset_index: OffsetIndex,
        save: Callable[[], None],
    ) -> None:
        self._processor = processor
        self._topology = topology
        self._decoder = decoder
        self._restoration = restoration
        self._offset_index = offset_index
        self._save = save

    async def versions(self, task: TaskCheckpoint) -> None:
        """Restore reference versions up to the positions in ``task``."""
        for name in (topic.name for topic in REFERENCES):
            async for fetched in self._restoration.span(name, 0, task.positions[ATTRIBUTE.name].get(name, 0)):
                for record in self._decoder.decode(name, 0, fetched):
                    self._apply_version(record)

    async def touches(self, task: TaskCheckpoint, before: TaskCheckpoint | None) -> None:
        """Restore what steps read again, up to ``task``, except what is in the store as of ``before``."""
        for step in self._topology.declared.steps:
            positions, restored = task.positions.get(step.name, {}), self._topology.restored(step)
            for topic in (topic for topic in positions if topic in restored):
                if topic in self._topology.repartition_topics:
                    await self._restore_repartitioned(step.name, topic, task, before)
                else:
                    await self._restore_direct(step.name, topic, positions[topic], before)

    async def _restore_direct(self, step: str, topic: str, stop: int, before: TaskCheckpoint | None) -> None:
        start = await self._start(step, topic, before, stop)
        async for fetched in self._restoration.span(topic, start, stop):
            self._apply(step, self._decoder.decode(topic, self._restoration.partition, fetched))

    async def _restore_repartitioned(
        self, step: str, repartition_topic: str, task: TaskCheckpoint, before: TaskCheckpoint | None
    ) -> None:
        done = task.done[step][repartition_topic]
        start = await self._start(step, repartition_topic, before, max(done))
        async for fetched in self._restoration.span(repartition_topic, start, max(done)):
            by_source, _ = self._decoder.decode_repartitioned(repartition_topic, fetched)
            for source, (records, places) in by_source.items():
                pairs = zip(records, places, strict=True)
                self._apply(step, [record for record, place in pairs if place < done[source]])

    def _apply(self, step: str, records: list[Record]) -> None:
        restore = self._processor.steps[step].restore
        for record in records:
            if not isinstance(record.event, Refusal):
                restore(record)
        self._save()

    def _apply_version(self, record: Record) -> None:
        if not isinstance(record.event, Refusal):
            references = self._processor.state.references
            references.add(record.topic, record.event, record.timestamp, record.offset)

    async def _start(self, step: str, topic: str, before: TaskCheckpoint | None, stop: int) -> int:
        """Return the start offset: after what the store holds, or else at the first record still needed."""
        had: Mapping[str, int] = before.positions.get(step, {}) if before else {}
        if topic in had:
            return had[topic]
        if stop == 0:
            return 0
        clock, catalogue = self._processor.state.clock, self._processor.state.references.catalogue
        needed = self._offset_index.needed_from(clock.stream_time - catalogue.horizon_ms)
        return await self._restoration.start_of(
            topic, clock.evidence_complete_from(), needed.get(topic, stop)
        )
