"""A minimal worker: feed step inputs from logs in memory, commit, crash and restart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from attribution.engine.merge import Key
from attribution.engine.record import Record
from attribution.streams.flow.inputs import BEFORE_WATERMARK, StepInputs

DIRECT: Final = {"first": 0, "last": 3}
REPARTITION_TOPICS: Final = {"entries": 1, "touches": 2}
RANKS: Final = DIRECT | REPARTITION_TOPICS
SOURCES: Final = 2


class Sent(NamedTuple):
    source: int
    record: Record


class Watermark(NamedTuple):
    source: int
    key: Key
    is_caught_up: bool = False


Logs: TypeAlias = dict[str, list[tuple[int, Record | Sent | Watermark]]]
"""The offsets and entries of each topic, in order. Offsets have gaps, as transactions leave them."""


def record(topic: str, timestamp: int, partition: int = 0, offset: int = 0) -> Record:
    return Record(timestamp, RANKS[topic], partition, offset, topic, None, b"", None)


def before(topic: str, timestamp: int) -> Key:
    return (timestamp, RANKS[topic], BEFORE_WATERMARK, 0)


def place_of(one: Record) -> Key:
    return (one.timestamp, one.rank, one.partition, one.offset)


def all_records(logs: Logs) -> list[Record]:
    inside = (one for log in logs.values() for _, one in log if not isinstance(one, Watermark))
    return sorted((one.record if isinstance(one, Sent) else one for one in inside), key=place_of)


class Worker:
    """Feed step inputs from logs, as a task does. Committed state survives a crash."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self.processed: list[Record] = []
        self.committed: tuple[dict[str, int], dict[str, list[int]], int] = ({}, {}, 0)
        self.crash()

    def crash(self) -> None:
        positions, done, processed = self.committed
        del self.processed[processed:]
        self.inputs = StepInputs(DIRECT, REPARTITION_TOPICS, SOURCES, positions, done)

    def commit(self) -> None:
        self.committed = (self.inputs.positions(), self.inputs.processed(), len(self.processed))

    def restart(self) -> None:
        self.commit()
        self.crash()

    def release(self) -> None:
        self.processed += self.inputs.release()

    def end(self, topic: str) -> None:
        self.inputs.record_end(topic, max((offset + 1 for offset, _ in self.logs[topic]), default=0))

    def feed(self, topic: str, size: int) -> None:
        first = self.inputs.next_offset(topic)
        fetched = [(offset, one) for offset, one in self.logs[topic] if offset >= first][:size]
        if not fetched:
            return
        following = fetched[-1][0] + 1
        if topic in DIRECT:
            self.inputs.add(topic, [one for _, one in fetched if isinstance(one, Record)], following)
        else:
            self._feed_repartition_topic(topic, fetched, following)

    def _feed_repartition_topic(
        self, repartition_topic: str, fetched: Iterable[tuple[int, Record | Sent | Watermark]], following: int
    ) -> None:
        by_source: defaultdict[int, list[tuple[int, Record]]] = defaultdict(list)
        watermarks = []
        for offset, one in fetched:
            if isinstance(one, Sent):
                by_source[one.source].append((offset, one.record))
            elif isinstance(one, Watermark):
                watermarks.append((offset, one))
        for source, sent in by_source.items():
            self.inputs.add_repartitioned(
                repartition_topic, source, [one for _, one in sent], [offset for offset, _ in sent]
            )
        for offset, watermark in watermarks:
            self.inputs.apply_watermark(
                repartition_topic,
                watermark.source,
                watermark.key,
                offset,
                is_caught_up=watermark.is_caught_up,
            )
        self.inputs.record_arrival(repartition_topic, following)

    def finish(self) -> None:
        for topic in self.logs:
            self.feed(topic, len(self.logs[topic]))
        for topic in self.logs:
            self.end(topic)
        self.release()

    def act(self, actions: Sequence[tuple[str, str, int]]) -> None:
        for what, topic, size in actions:
            if what == "feed":
                self.feed(topic, size)
            elif what == "end":
                self.end(topic)
            else:
                getattr(self, what)()
        self.finish()
