"""Source restore: reads state that is in no changelog again from its topics, without deriving anything."""

from collections.abc import Callable, Mapping
from typing import Final

from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.records.topics import REFERENCES
from attribution.engine.record import Record
from attribution.hosts.kafka.decoding import RecordDecoder
from attribution.hosts.kafka.repartition import TOUCHES, ForwardedClick, is_repartition_topic, source_of
from attribution.processor.processor import Processor
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration

_STEP: Final = "attribute"
_RESTORED: Final = ("clicks", "room-entries", TOUCHES)


class SourceRestore:
    """Applies again what a task had processed. ``save`` is called after each batch of touches."""

    def __init__(
        self,
        processor: Processor,
        decoder: RecordDecoder,
        restoration: Restoration,
        offset_index: OffsetIndex,
        save: Callable[[], None],
    ) -> None:
        self._processor = processor
        self._decoder = decoder
        self._restoration = restoration
        self._offset_index = offset_index
        self._save = save

    async def versions(self, task: TaskCheckpoint) -> None:
        """Restore reference versions up to the positions in ``task``."""
        for name in (topic.name for topic in REFERENCES):
            async for fetched in self._restoration.span(name, 0, task.positions[_STEP].get(name, 0)):
                for record in self._decoder.decode(name, 0, fetched):
                    self._apply_version(record)

    async def touches(self, task: TaskCheckpoint, before: TaskCheckpoint | None) -> None:
        """Restore clicks and room entries up to ``task``, except those in the store as of ``before``."""
        for topic in task.positions[_STEP]:
            if source_of(topic) not in _RESTORED:
                continue
            if is_repartition_topic(topic):
                await self._restore_repartitioned(topic, task, before)
            else:
                await self._restore_direct(topic, task.positions[_STEP][topic], before)

    async def _restore_direct(self, topic: str, stop: int, before: TaskCheckpoint | None) -> None:
        start = await self._start(topic, before, stop)
        async for fetched in self._restoration.span(topic, start, stop):
            self._apply(self._decoder.decode(topic, self._restoration.partition, fetched))

    async def _restore_repartitioned(
        self, repartition_topic: str, task: TaskCheckpoint, before: TaskCheckpoint | None
    ) -> None:
        done = task.done[_STEP][repartition_topic]
        start = await self._start(repartition_topic, before, max(done))
        async for fetched in self._restoration.span(repartition_topic, start, max(done)):
            by_source, _ = self._decoder.decode_repartitioned(repartition_topic, fetched)
            for source, (records, places) in by_source.items():
                pairs = zip(records, places, strict=True)
                self._apply([record for record, place in pairs if place < done[source]])

    def _apply(self, records: list[Record]) -> None:
        for record in records:
            self._apply_touch(record)
        self._save()

    def _apply_touch(self, record: Record) -> None:
        event, attribute = record.event, self._processor.attribute
        try:
            if isinstance(event, ForwardedClick):
                attribute.restore(event.click, event.timestamp, event.buyer_id)
            elif not isinstance(event, Refusal) and event.buyer_id is not None:
                attribute.restore(event, record.timestamp, event.buyer_id)
        except RefusedError:
            return  # it was refused the first time as well

    def _apply_version(self, record: Record) -> None:
        if not isinstance(record.event, Refusal):
            references = self._processor.state.references
            references.add(record.topic, record.event, record.timestamp, record.offset)

    async def _start(self, topic: str, before: TaskCheckpoint | None, stop: int) -> int:
        """Return the start offset: after what the store holds, or else at the first record still needed."""
        had: Mapping[str, int] = before.positions[_STEP] if before else {}
        if topic in had:
            return had[topic]
        if stop == 0:
            return 0
        clock, catalogue = self._processor.state.clock, self._processor.state.references.catalogue
        needed = self._offset_index.needed_from(clock.stream_time - catalogue.horizon_ms)
        return await self._restoration.start_of(
            topic, clock.evidence_complete_from(), needed.get(topic, stop)
        )
