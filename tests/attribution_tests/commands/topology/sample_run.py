"""Sample records pass through the steps of a job's only task; what the steps write is collected."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from attribution.domain.records.events import Click, OrderPaid, RoomEntry
from attribution.domain.steps.messages import Message
from attribution.domain.steps.topology import declared
from attribution.engine.stage_timer import StageTimer
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.repartition import Rekeyed, decoder, source_of
from attribution.streams.batch import Batch
from attribution.streams.flow.step import Step
from attribution.streams.flow.watermark import FromTask, encode
from attribution.streams.task.job import Job, Work
from attribution_tests.domain.ingest.sample_records import CLICK, ENTRY, NOW, PAID

CLICK_ID: Final = CLICK["click_id"]
BUYER_ID: Final = PAID["buyer_id"]
SAMPLES: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "clicks": [CLICK, {**CLICK, "click_id": "direct", "buyer_id": BUYER_ID}],
    "room-entries": [{**ENTRY, "click_id": CLICK_ID}, {**ENTRY, "event_id": "direct"}],
    "orders": [PAID],
}
KINDS: Final[Mapping[str, set[type]]] = {
    "clicks": {Click},
    "room-entries": {RoomEntry},
    "orders": {OrderPaid},
}
KEY_FIELDS: Final = {CLICK_ID: "click_id", BUYER_ID: "buyer_id", PAID["order_id"]: "order_id"}

Carried = dict[str, set[tuple[str, str]]]
"""By repartition topic: from which topics it carries records, and which field is their key."""


@dataclass
class Logged:
    """A record in a log of the run; see ``streams.batch.Fetched``."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def empty_store() -> WriteBuffer:
    """Return a store in memory for a task."""
    return WriteBuffer(MemoryStore(), ())


class SampleRun:
    """The logs of one partition, and what the steps write.

    Attributes:
        carried: What the steps have added to the repartition topics.
        written: The topics to which the last step writes.
    """

    def __init__(self, job: Job) -> None:
        self.carried: Carried = defaultdict(set)
        self.written: set[str] = set()
        self._work: Work = job.open_work(0, 1, empty_store())
        self._logs: defaultdict[str, list[Logged]] = defaultdict(list)
        for topic, events in SAMPLES.items():
            for event in events:
                self._append(topic, msgspec.json.encode(event))
        self._append("fulfilment", b"poison")
        for step in self._work.steps(None, {}):
            self._run(step)

    def _append(self, topic: str, value: bytes) -> None:
        log = self._logs[topic]
        log.append(Logged(len(log), NOW, None, value))

    def _run(self, step: Step) -> None:
        topics = list(step.inputs.positions())
        for topic in topics:
            fetched = self._logs[topic]
            step.add(topic, Batch(1, topic, 0, fetched, 0, len(fetched)), self._work.decoder)
            step.inputs.record_end(topic, len(fetched))
        while step.advance(100, StageTimer()):
            pass
        if step.repartition_topic is None:
            self.written |= set(self._work.unit.outputs)
        else:
            self._collect(topics)
            self._append(step.repartition_topic, encode(step.pending_watermark(0)))

    def _collect(self, topics: Sequence[str]) -> None:
        for topic, records in self._work.unit.outputs.items():
            for key, value in records:
                self._append(topic, value)
                self.carried[topic].add(
                    (self._source(decoder(declared().repartitions)(value), topics), KEY_FIELDS[key or ""])
                )
        self._work.unit.clear()

    def _source(self, moved: Message | FromTask, topics: Sequence[str]) -> str:
        """Return from which of the topics a repartitioned record comes."""
        if isinstance(moved, Rekeyed):
            return next(t for t in topics if moved.value in [one.value for one in self._logs[t]])
        carried = {type(field) for field in astuple(moved)}
        return next(t for t in topics if carried & KINDS.get(source_of(t), set()))
