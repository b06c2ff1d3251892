"""The processor takes each record through the steps that it concerns, in the total order."""

from collections.abc import Callable, Sequence
from typing import Final

from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.orders.order import Fact
from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import READ, REFERENCES
from attribution.domain.steps.attribute import AttributeStep
from attribution.domain.steps.stitch import StitchStep
from attribution.engine.record import Record
from attribution.engine.stores.store import Store
from attribution.engine.unit_of_work import UnitOfWork
from attribution.processor.anonymous_clicks import StitchTables
from attribution.processor.attribute_state import AttributeTables
from attribution.processor.event_ids import EventIds
from attribution.processor.output import UnitOutput
from attribution.processor.persistence import Limits, Persistence

_KEYS: Final = {"governance": "party", "fulfilment": "order_id", "tasks": "campaign_id"}

Handler = Callable[[Record], None]


class Processor:
    """Stitch, attribute and commission on one store. Hosts may change how records pass between them.

    Records are processed one by one. The same records in the same order give the same bytes, however they are
    divided into units of work.
    """

    def __init__(
        self, store: Store, default_policy: Policy, limits: Limits, persistence: Persistence
    ) -> None:
        self.unit = UnitOfWork()
        self.state = AttributeTables(store, default_policy, limits.cache_touches, persistence)
        self.event_ids = EventIds(store, self.state.clock)
        self.anonymous_clicks = StitchTables(store, self.state.clock, persistence)
        self.output = UnitOutput(self.unit, limits.sweep_outputs)
        self.stitch = StitchStep(self.anonymous_clicks)
        self.attribute = AttributeStep(self.state, self.state, self.output, limits.order_age_ms)
        self._handlers: dict[str, Handler] = {topic.name: self._check_only for topic in READ}
        self._handlers |= {topic.name: self._reference for topic in REFERENCES}
        self._handlers |= {
            "clicks": self._click,
            "room-entries": self._entry,
            "orders": self._order,
            "ticks": self._tick,
        }
        self._keeps_time = {topic.name for topic in READ if topic.role == "input"}

    def process(self, records: Sequence[Record]) -> int:
        """Process records; the results collect in the unit of work.

        Processing stops after a record whose sweep fills the unit of work. Then call ``sweep`` before you
        process the rest.

        Returns:
            How many records were processed.
        """
        state, clock, handlers = self.state, self.state.clock, self._handlers
        for number, record in enumerate(records, 1):
            if isinstance(record.event, Refusal):
                self._refuse(record, record.event)
                continue
            if record.timestamp > clock.stream_time and record.topic in self._keeps_time:
                clock.stream_time = record.timestamp
            try:
                handlers[record.topic](record)
            except RefusedError as error:
                self._refuse(record, error.refusal)
            if state.sweep is not None:
                return number
        return len(records)

    @property
    def is_sweeping(self) -> bool:
        """Return whether a reference version or a tick concerns orders that have not been processed yet."""
        return self.state.sweep is not None

    def sweep(self) -> None:
        """Resume the sweep, until it ends or the unit of work is full."""
        self.attribute.sweeper.resume()

    def flush(self) -> None:
        """Move what the steps changed into the unit of work."""
        self.anonymous_clicks.flush(self.unit.write_batch)
        self.state.flush(self.unit.write_batch)

    def trim(self) -> None:
        """Evict what exceeds the limits of the caches. Call this when the unit of work is written."""
        self.state.buyers.trim()
        self.anonymous_clicks.trim()

    def _refuse(self, record: Record, refusal: Refusal) -> None:
        self.output.refuse(record.topic, record, refusal)

    def _click(self, record: Record) -> None:
        if record.event.buyer_id is not None:
            self.attribute.click(record.event, record.timestamp)
            return
        for buyer_id in self.stitch.click(record.event, record.timestamp):
            self.attribute.forwarded(record.event, record.timestamp, buyer_id)

    def _entry(self, record: Record) -> None:
        for click, timestamp in self.stitch.entry(record.event):
            self.attribute.forwarded(click, timestamp, record.event.buyer_id)
        self.attribute.entry(record.event, record.timestamp)

    def _order(self, record: Record) -> None:
        event = record.event
        self.attribute.order(
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
        self.attribute.reference(record.topic, record.event, record.timestamp, record.offset)

    def _tick(self, record: Record) -> None:
        if self.event_ids.record("ticks", record.event.event_id, record.event):
            self.attribute.tick(record.event)

    def _check_only(self, record: Record) -> None:
        """Check governance, fulfilment and task records. Their effects come with the programmes."""
        self.event_ids.record(record.topic, getattr(record.event, _KEYS[record.topic]), record.event)
