"""The pipeline: each record goes through the steps that it concerns, in the total order."""

import base64
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Final

import msgspec

from attribution.domain.intake.refusal import Refusal, RefusedError
from attribution.domain.orders.order import Fact
from attribution.domain.records.outputs import DeadLetter
from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import READ, REFERENCES
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.steps.attribute import Attribute
from attribution.domain.steps.protocols import Received
from attribution.domain.steps.stitch import Stitch
from attribution.engine.record import Record
from attribution.engine.store import Store
from attribution.engine.unit import UnitOfWork, Written
from attribution.hosts.pipeline.identities import Identities
from attribution.hosts.pipeline.state import AttributeTables
from attribution.hosts.pipeline.threads import StitchTables

_MAX_VALUE_BYTES: Final = 64 * 1024
_KEYS: Final = {"governance": "party", "fulfilment": "order_id", "tasks": "campaign_id"}
_ENCODE: Final = msgspec.json.Encoder().encode


class UnitOutput:
    """Puts what the steps emit into a unit of work."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def emit(self, topic: str, key: str | None, record: msgspec.Struct) -> None:
        """Write a record to an output topic."""
        began = perf_counter()
        self._unit.outputs[topic].append(Written(key, _ENCODE(record)))
        self._unit.encode_seconds += perf_counter() - began

    def count(self, measure: str, label: str = "", amount: int = 1) -> None:
        """Add to a measure."""
        self._unit.counts[measure, label] += amount

    def refuse(self, topic: str, received: Received, refusal: Refusal) -> None:
        """Write a dead letter."""
        self.count("dead_letters", refusal.code)
        letter = DeadLetter(
            topic=topic,
            partition=received.partition,
            offset=received.offset,
            timestamp=received.timestamp,
            code=refusal.code,
            detail=refusal.detail,
            key=received.key,
            value=base64.b64encode(received.value[:_MAX_VALUE_BYTES]).decode(),
            value_bytes=len(received.value),
        )
        self.emit("dead-letters", topic, letter)


class Pipeline:
    """Stitch, attribute and commission on one store, in one process.

    Processing is record by record: the same records in the same order give the same bytes, however they are cut
    into units of work.
    """

    def __init__(
        self, store: Store, default_policy: Policy, *, cache_touches: int | None, order_age_ms: int
    ) -> None:
        self.unit = UnitOfWork()
        self.tables = AttributeTables(store, Catalogue(default_policy), cache_touches)
        self._identities = Identities(store, self.tables)
        self._threads = StitchTables(store, self.tables, keeps_all=cache_touches is None)
        self._output = UnitOutput(self.unit)
        self._stitch = Stitch(self._threads)
        self._attribute = Attribute(self.tables, self._output, order_age_ms)
        self._handlers: dict[str, Callable[[Record], None]] = {topic.name: self._pass for topic in READ}
        self._handlers |= {topic.name: self._reference for topic in REFERENCES}
        self._handlers |= {
            "clicks": self._click,
            "room-entries": self._entry,
            "orders": self._order,
            "ticks": self._tick,
        }
        self._keeps_time = {topic.name for topic in READ if topic.role == "input"}

    def process(self, records: Iterable[Record]) -> None:
        """Take records through the steps; what comes of it gathers in the unit of work."""
        tables, handlers = self.tables, self._handlers
        for record in records:
            if isinstance(record.event, Refusal):
                self._output.refuse(record.topic, record, record.event)
                continue
            if record.timestamp > tables.stream_time and record.topic in self._keeps_time:
                tables.stream_time = record.timestamp
            try:
                handlers[record.topic](record)
            except RefusedError as error:
                self._output.refuse(record.topic, record, error.refusal)

    def flush(self) -> None:
        """Move what the steps changed into the unit of work."""
        self._threads.flush(self.unit.pending)
        self.tables.flush(self.unit.pending)

    def trim(self) -> None:
        """Let go of what the caches need not hold; call when the unit of work is written."""
        self.tables.trim()
        self._threads.trim()

    def _click(self, record: Record) -> None:
        if record.event.buyer_id is not None:
            self._attribute.click(record.event, record.timestamp)
            return
        for buyer_id in self._stitch.click(record.event, record.timestamp):
            self._attribute.forwarded(record.event, record.timestamp, buyer_id)

    def _entry(self, record: Record) -> None:
        for click, timestamp in self._stitch.entry(record.event):
            self._attribute.forwarded(click, timestamp, record.event.buyer_id)
        self._attribute.entry(record.event, record.timestamp)

    def _order(self, record: Record) -> None:
        event = record.event
        self._attribute.order(
            Fact(
                record.timestamp,
                event.occurred_at,
                event.event_id,
                event,
                record.partition,
                record.offset,
                record.key,
                record.value,
            )
        )

    def _reference(self, record: Record) -> None:
        self._attribute.reference(record.topic, record.event, record.timestamp, record.offset)

    def _tick(self, record: Record) -> None:
        if self._identities.take("ticks", record.event.event_id, record.event):
            self._attribute.tick(record.event)

    def _pass(self, record: Record) -> None:
        """Governance, fulfilment and tasks are checked and counted; what they change comes with the programmes."""
        self._identities.take(record.topic, getattr(record.event, _KEYS[record.topic]), record.event)
