"""The attribute and commission step on its tables."""

from typing import Final

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.orders.order import Fact
from attribution.domain.records.topics import REFERENCES
from attribution.domain.steps.attribute import AttributeStep
from attribution.domain.steps.topology import ATTRIBUTE, TOUCHES
from attribution.engine.record import Record
from attribution.engine.tables import WriteBatch
from attribution.processor.bound_step import Handler, Parts
from attribution.processor.event_ids import EventIds

_KEYS: Final = {"governance": "party", "fulfilment": "order_id", "tasks": "campaign_id"}
_TICKS: Final = "ticks"


class BoundAttribute:
    """Decides which link drove an order, and posts what is owed."""

    def __init__(self, parts: Parts) -> None:
        state = parts.state
        self._state = state
        self._event_ids = EventIds(parts.store, state.clock)
        self.step = AttributeStep(state, state, parts.output, parts.limits.order_age_ms)
        self.handlers: dict[str, Handler] = dict.fromkeys(ATTRIBUTE.reads, self._check_only)
        self.handlers |= {topic.name: self._reference for topic in REFERENCES}
        self.handlers |= {
            "clicks": self._click,
            "room-entries": self._entry,
            "orders": self._order,
            _TICKS: self._tick,
            TOUCHES.topic: self._touch,
        }

    def restore(self, record: Record) -> None:
        """Apply a click, a room entry or a forwarded click again."""
        event = record.event
        try:
            if record.topic == TOUCHES.topic:
                self.step.restore(event.click, event.timestamp, event.buyer_id)
            elif event.buyer_id is not None:
                self.step.restore(event, record.timestamp, event.buyer_id)
        except RefusedError:
            return  # it was refused the first time as well

    def flush(self, write_batch: WriteBatch) -> None:
        """Move all changes into the unit of work."""
        self._state.flush(write_batch)

    def trim(self) -> None:
        """Evict buyers beyond the limit of the cache."""
        self._state.buyers.trim()

    def _click(self, record: Record) -> None:
        if record.event.buyer_id is not None:
            self.step.click(record.event, record.timestamp)

    def _touch(self, record: Record) -> None:
        forwarded = record.event
        self.step.forwarded(forwarded.click, forwarded.timestamp, forwarded.buyer_id)

    def _entry(self, record: Record) -> None:
        self.step.entry(record.event, record.timestamp)

    def _order(self, record: Record) -> None:
        event = record.event
        self.step.order(
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
        self.step.reference(record.topic, record.event, record.timestamp, record.offset)

    def _tick(self, record: Record) -> None:
        if self._event_ids.record(_TICKS, record.event.event_id, record.event):
            self.step.tick(record.event)

    def _check_only(self, record: Record) -> None:
        """Check governance, fulfilment and task records. Their effects come with the programmes."""
        self._event_ids.record(record.topic, getattr(record.event, _KEYS[record.topic]), record.event)
