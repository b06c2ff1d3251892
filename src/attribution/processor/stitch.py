"""The stitch step on its tables."""

from typing import Final

from attribution.domain.records.events import Click
from attribution.domain.steps.messages import ForwardedClick
from attribution.domain.steps.stitch import StitchStep
from attribution.domain.steps.topology import ENTRIES, TOUCHES
from attribution.engine.record import Record
from attribution.engine.tables import WriteBatch
from attribution.processor.anonymous_clicks import StitchTables
from attribution.processor.bound_step import Parts

_CLICKS: Final = "clicks"


class BoundStitch:
    """Joins anonymous clicks with the entries that name them; forwards the clicks to their buyers."""

    def __init__(self, parts: Parts) -> None:
        self._tables = StitchTables(parts.store, parts.state.clock, parts.persistence)
        self._step = StitchStep(self._tables)
        self._task = parts.task
        self._forward = parts.forward
        self.handlers = {_CLICKS: self._click, ENTRIES.topic: self._entry}

    def restore(self, record: Record) -> None:
        """Do nothing: its state is in the changelog."""

    def flush(self, write_batch: WriteBatch) -> None:
        """Move changed anonymous clicks into the unit of work."""
        self._tables.flush(write_batch)

    def trim(self) -> None:
        """Evict what exceeds the limit of the cache."""
        self._tables.trim()

    def _click(self, record: Record) -> None:
        click = record.event
        for buyer_id in self._step.click(click, record.timestamp):
            self._send(record, buyer_id, click, record.timestamp)

    def _entry(self, record: Record) -> None:
        entry = record.event.entry
        for click, timestamp in self._step.entry(entry):
            self._send(record, entry.buyer_id, click, timestamp)

    def _send(self, record: Record, buyer_id: str, click: Click, timestamp: int) -> None:
        message = ForwardedClick(self._task, record.timestamp, record.rank, timestamp, buyer_id, click)
        self._forward(TOUCHES, message)
