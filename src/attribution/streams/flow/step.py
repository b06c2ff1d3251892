"""A step of a task: its merged inputs, its processing, and the repartition topic that it writes to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Final, Protocol

from attribution.engine.merge import Key
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.engine.state_version import StateVersion
from attribution.errors import StateError
from attribution.streams.batch import Batch, Fetched
from attribution.streams.checkpoint import Positions, TaskCheckpoint
from attribution.streams.flow.inputs import BEFORE_WATERMARK, StepInputs
from attribution.streams.flow.watermark import FromSource, ReceivedWatermark, Watermark

_REPEAT_SECONDS: Final = 3_600.0
_HELD_BACK: Final = 4_000


class BatchDecoder(Protocol):
    """Decodes fetched bytes into records."""

    def decode(self, topic: str, partition: int, fetched: Sequence[Fetched]) -> list[Record]:
        """Return the records of an input topic, in order."""
        ...

    def decode_repartitioned(
        self, topic: str, fetched: Sequence[Fetched]
    ) -> tuple[Mapping[int, FromSource], list[ReceivedWatermark]]:
        """Return the records of a repartition topic by source, and its watermarks."""
        ...


class Step:
    """One step of a task.

    ``agent`` is the agent that feeds it. ``repartition_topic`` is the topic that it writes to, if any.
    ``process`` returns how many of the given records it has processed. ``selects`` returns whether a record
    concerns the step.
    """

    def __init__(
        self,
        name: str,
        agent: str,
        inputs: StepInputs,
        process: Callable[[Sequence[Record]], int],
        *,
        repartition_topic: str | None = None,
        selects: Callable[[Record], bool] | None = None,
    ) -> None:
        self.name = name
        self.agent = agent
        self.inputs = inputs
        self.repartition_topic = repartition_topic
        self._process = process
        self._selects = selects
        self._sent_watermark: tuple[Key | None, bool] | None = None
        self._watermark_sent_at = 0.0

    def reads_all_of(self, topic: str) -> bool:
        """Return whether the step reads a topic, and every record of it."""
        return self._selects is None and self.inputs.reads(topic)

    def add(self, topic: str, batch: Batch, decoder: BatchDecoder) -> None:
        """Add a fetched batch of a topic, without the records that were processed before a restart.

        Raises:
            StateError: records before the batch are missing.
        """
        first = self.inputs.next_offset(topic)
        if batch.next_offset <= first:
            return
        if batch.first_offset > first:
            raise StateError(
                f"{batch.topic} partition {batch.partition}: expected offset {first}, "
                f"got {batch.first_offset}; nothing of this was committed: restart the worker"
            )
        if self.inputs.is_repartitioned(topic):
            self._add_repartitioned(topic, batch, decoder, first)
        else:
            self._add_direct(topic, batch, decoder, first)

    def advance(self, most: int, timer: StageTimer) -> list[Record]:
        """Process what can be released, at most ``most`` records of each input; return what was processed."""
        with timer.stage("merge"):
            released = self.inputs.release(most)
        if not released:
            return released
        with timer.stage("derive"):
            processed = self._process(released)
        if processed < len(released):
            self.inputs.give_back(processed)
        return released[:processed]

    def pending_watermark(self, source: int) -> Watermark | None:
        """Return the watermark to send to the repartition topic, or None if there is nothing new."""
        if not self.has_news():
            return None
        key = self.inputs.released_to
        self._sent_watermark, self._watermark_sent_at = (key, key is None), monotonic()
        reached = (0, 0, BEFORE_WATERMARK, 0) if key is None else (key[0], key[1], BEFORE_WATERMARK, 0)
        return Watermark(source, reached, key is None)

    def has_news(self) -> bool:
        """Return whether a watermark is due: it has changed, or retention may soon delete the last one."""
        if self.repartition_topic is None:
            return False
        key = self.inputs.released_to
        return (
            key,
            key is None,
        ) != self._sent_watermark or monotonic() > self._watermark_sent_at + _REPEAT_SECONDS

    def _add_direct(self, topic: str, batch: Batch, decoder: BatchDecoder, first: int) -> None:
        if batch.decoded is None:
            batch.decoded = decoder.decode(topic, batch.partition, batch.fetched)
        records = batch.decoded
        if records and records[0].offset < first:
            records = [record for record in records if record.offset >= first]
        selected = records if self._selects is None else list(filter(self._selects, records))
        self.inputs.add(topic, selected, batch.next_offset)
        if len(selected) < len(records):
            last = max((record.timestamp, record.rank) for record in records)
            self.inputs.skip_to(topic, (*last, batch.partition, records[-1].offset))

    def _add_repartitioned(self, topic: str, batch: Batch, decoder: BatchDecoder, first: int) -> None:
        fetched = [one for one in batch.fetched if one.offset >= first]
        by_source, watermarks = decoder.decode_repartitioned(topic, fetched)
        for source, (records, places) in by_source.items():
            pairs = list(zip(records, places, strict=True))
            if self._selects is not None:
                pairs = [(record, place) for record, place in pairs if self._selects(record)]
            if pairs:
                self.inputs.add_repartitioned(
                    topic, source, [record for record, _ in pairs], [place for _, place in pairs]
                )
        for watermark, place in watermarks:
            self.inputs.apply_watermark(
                topic, watermark.source, watermark.key, place, is_caught_up=watermark.is_caught_up
            )
        self.inputs.record_arrival(topic, batch.next_offset)


class Steps(list[Step]):
    """A task's steps, in the order in which records pass through them."""

    def record_end(self, topic: str, offset: int) -> bool:
        """Record the current end of a topic; return whether it has changed for any step."""
        news = [inputs.record_end(topic, offset) for inputs in self._reading(topic)]
        return any(news)

    def is_full(self, topic: str) -> bool:
        """Return whether many records of a topic wait to be processed."""
        return any(inputs.held_back(topic) >= _HELD_BACK for inputs in self._reading(topic))

    def is_waiting_for(self, topic: str) -> bool:
        """Return whether a step cannot continue until more of a topic arrives."""
        return any(inputs.is_waiting_for(topic) for inputs in self._reading(topic))

    def next_offset(self, topic: str) -> int:
        """Return the least offset of a topic that has not arrived at every step yet."""
        return min(inputs.next_offset(topic) for inputs in self._reading(topic))

    def positions(self) -> Positions:
        """Return by step and topic the offset from which to process it."""
        return {step.name: step.inputs.positions() for step in self}

    def lags(self) -> dict[tuple[str, str], int]:
        """Return the lag in offsets by step and topic."""
        return {(step.name, topic): lag for step in self for topic, lag in step.inputs.lags().items()}

    def checkpoint(self, stream_time: int, state_version: StateVersion) -> TaskCheckpoint:
        """Return the checkpoint of the task."""
        processed = {step.name: step.inputs.processed() for step in self}
        return TaskCheckpoint(
            self.positions(), processed, stream_time, state_version.number, state_version.release
        )

    def _reading(self, topic: str) -> Iterator[StepInputs]:
        return (step.inputs for step in self if step.inputs.reads(topic))
