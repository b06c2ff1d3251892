"""A stage: a step of one task, with its flow, and the hop that it sends through."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Final, Protocol

from attribution.engine.merge import Key
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.errors import StateError
from attribution.hosts.kafka.decoding import FromSource, ReceivedWatermark
from attribution.hosts.kafka.repartition import Watermark, is_repartition_topic, source_of
from attribution.streams.batch import Batch, Fetched
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.inputs import BEFORE_WATERMARK, StepInputs

_AGAIN_SECONDS: Final = 3_600.0
_HELD_BACK: Final = 4_000


class BatchDecoder(Protocol):
    """Makes records of what was fetched."""

    def direct(self, topic: str, partition: int, fetched: Sequence[Fetched]) -> list[Record]:
        """Return the records of an input topic."""
        ...

    def passed(
        self, fetched: Sequence[Fetched], topic: str
    ) -> tuple[Mapping[int, FromSource], list[ReceivedWatermark]]:
        """Return by source what came through a hop, and the marks; ``topic`` is what rekeyed records belong to."""
        ...


class Step:
    """One step of a task; ``agent`` is the agent that feeds it, ``repartition_topic`` the topic that it sends through, if any.

    ``process`` returns how many of the records it was given it has taken. ``wants`` picks what concerns the step.
    """

    def __init__(
        self,
        name: str,
        agent: str,
        inputs: StepInputs,
        process: Callable[[Sequence[Record]], int],
        *,
        repartition_topic: str | None = None,
        wants: Callable[[Record], bool] | None = None,
    ) -> None:
        self.name = name
        self.agent = agent
        self.inputs = inputs
        self.repartition_topic = repartition_topic
        self._process = process
        self._wants = wants
        self._announced: tuple[Key | None, bool] | None = None
        self._announced_at = 0.0

    def take(self, topic: str, batch: Batch, reads: BatchDecoder) -> None:
        """Take in what was fetched of a topic, less what was processed before a restart."""
        first = self.inputs.next_offset(topic)
        if batch.next_offset <= first:
            return
        if batch.first_offset > first:
            raise StateError(
                f"{batch.topic} partition {batch.partition}: expected to go on at offset {first}, "
                f"was handed {batch.first_offset}; nothing of this was committed: start the worker again"
            )
        if is_repartition_topic(topic):
            self._take_passed(topic, batch, reads, first)
        else:
            self._take_direct(topic, batch, reads, first)

    def advance(self, most: int, timer: StageTimer) -> list[Record]:
        """Process what can be released, at most so many records of an input; return what was processed."""
        with timer.stage("merge"):
            released = self.inputs.release(most)
        if not released:
            return released
        with timer.stage("derive"):
            taken = self._process(released)
        if taken < len(released):
            self.inputs.give_back(taken)
        return released[:taken]

    def pending_watermark(self, source: int) -> Watermark | None:
        """Return the mark that those behind the hop wait for: none while both know that there is nothing."""
        if not self.has_news():
            return None
        key = self.inputs.released_to
        self._announced, self._announced_at = (key, key is None), monotonic()
        reached = (0, 0, BEFORE_WATERMARK, 0) if key is None else (key[0], key[1], BEFORE_WATERMARK, 0)
        return Watermark(source, reached, key is None)

    def has_news(self) -> bool:
        """Tell whether a mark is due: something has changed, or the last one is so old that retention nears it."""
        if self.repartition_topic is None:
            return False
        key = self.inputs.released_to
        return (key, key is None) != self._announced or monotonic() > self._announced_at + _AGAIN_SECONDS

    def _take_direct(self, topic: str, batch: Batch, reads: BatchDecoder, first: int) -> None:
        if batch.decoded is None:
            batch.decoded = reads.direct(topic, batch.partition, batch.fetched)
        records = batch.decoded
        if records and records[0].offset < first:
            records = [record for record in records if record.offset >= first]
        wanted = records if self._wants is None else list(filter(self._wants, records))
        self.inputs.add(topic, wanted, batch.next_offset)
        if len(wanted) < len(records):
            last = max((record.timestamp, record.rank) for record in records)
            self.inputs.pass_by(topic, (*last, batch.partition, records[-1].offset))

    def _take_passed(self, topic: str, batch: Batch, reads: BatchDecoder, first: int) -> None:
        fetched = [one for one in batch.fetched if one.offset >= first]
        by_source, watermarks = reads.passed(fetched, source_of(topic))
        for source, arrived in by_source.items():
            records, places = arrived
            if self._wants is not None:
                kept = [(r, place) for r, place in zip(records, places, strict=True) if self._wants(r)]
                records, places = [r for r, _ in kept], [place for _, place in kept]
            if records:
                self.inputs.add_from(topic, source, records, places)
        for watermark, place in watermarks:
            self.inputs.watermark(
                topic, watermark.source, watermark.key, place, is_caught_up=watermark.is_caught_up
            )
        self.inputs.arrived(topic, batch.next_offset)


class Steps(list[Step]):
    """A task's steps, in the order in which records pass through them."""

    def ends(self, topic: str, offset: int) -> bool:
        """Note where a topic ends for now; tell whether that is news."""
        news = [inputs.ends(topic, offset) for inputs in self._reading(topic)]
        return any(news)

    def is_full(self, topic: str) -> bool:
        """Tell whether many records of a topic wait to be processed."""
        return any(inputs.held_back(topic) >= _HELD_BACK for inputs in self._reading(topic))

    def is_waiting_for(self, topic: str) -> bool:
        """Tell whether a step can't go on until more of a topic is here."""
        return any(inputs.is_waiting_for(topic) for inputs in self._reading(topic))

    def start_offset(self, topic: str) -> int:
        """Return the offset from which on a topic has yet to be fed."""
        return min(inputs.next_offset(topic) for inputs in self._reading(topic))

    def lags(self) -> dict[tuple[str, str], int]:
        """Return by step and topic how many records have yet to be processed."""
        return {(step.name, topic): lag for step in self for topic, lag in step.inputs.lags().items()}

    def record(self, stream_time: int) -> TaskCheckpoint:
        """Return how far they have come."""
        positions = {step.name: step.inputs.positions() for step in self}
        return TaskCheckpoint(positions, {step.name: step.inputs.done() for step in self}, stream_time)

    def _reading(self, topic: str) -> Iterator[StepInputs]:
        return (step.inputs for step in self if step.inputs.reads(topic))
