"""The processor of one task. Records pass between its steps through repartition topics, under a new key."""

from collections.abc import Sequence

import msgspec

from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.records.events import Click
from attribution.domain.records.reference import Policy
from attribution.domain.steps.topology import READ_WHOLE
from attribution.engine.record import Record
from attribution.engine.stores.store import Store
from attribution.engine.unit_of_work import OutputRecord
from attribution.hosts.kafka.repartition import (
    ENTRIES_BY_CLICK_ID,
    TOUCHES,
    EntryByClickId,
    ForwardedClick,
    Rekeyed,
    rekeyed,
)
from attribution.processor.persistence import Limits, Persistence
from attribution.processor.processor import Processor
from attribution.streams.flow.watermark import encode


class TaskProcessor(Processor):
    """The steps route, stitch, attribute and commission for one partition."""

    def __init__(
        self, partition: int, store: Store, default_policy: Policy, limits: Limits, persistence: Persistence
    ) -> None:
        super().__init__(store, default_policy, limits, persistence)
        self._partition = partition
        self._handlers |= {
            "clicks": self._own_click,
            "room-entries": self._own_entry,
            TOUCHES: self._touch,
        }

    def route(self, records: Sequence[Record]) -> int:
        """Repartition room entries that name a click by click_id."""
        for record in records:
            entry = record.event
            if isinstance(entry, Refusal) or entry.click_id is None:
                continue
            named = EntryByClickId(self._partition, record.offset, record.timestamp, entry)
            self._repartition(ENTRIES_BY_CLICK_ID, entry.click_id, named)
        return len(records)

    def rekey(self, records: Sequence[Record]) -> int:
        """Repartition the records of an input topic by buyer_id, or by click_id if they name no buyer."""
        for record in records:
            if isinstance(record.event, Refusal):
                self._refuse(record, record.event)
                continue
            key = record.event.buyer_id or record.event.click_id
            own_key = None if record.key is None else record.key.encode()
            moved = Rekeyed(self._partition, record.offset, record.timestamp, own_key, record.value)
            self._repartition(rekeyed(record.topic), key, moved)
        return len(records)

    def stitched(self, records: Sequence[Record]) -> int:
        """Join anonymous clicks with the entries that name them; forward the clicks to their buyers."""
        for record in records:
            event = record.event
            try:
                if isinstance(event, Click):
                    for buyer_id in self.stitch.click(event, record.timestamp):
                        self._forward(record, buyer_id, event, record.timestamp)
                else:
                    for click, timestamp in self.stitch.entry(event):
                        self._forward(record, event.buyer_id, click, timestamp)
            except RefusedError as error:
                self._refuse(record, error.refusal)
        return len(records)

    def _forward(self, record: Record, buyer_id: str, click: Click, timestamp: int) -> None:
        moved = ForwardedClick(self._partition, record.timestamp, record.rank, timestamp, buyer_id, click)
        self._repartition(TOUCHES, buyer_id, moved)

    def _repartition(self, topic: str, key: str, content: msgspec.Struct) -> None:
        self.unit.outputs[topic].append(OutputRecord(key, encode(content)))

    def _refuse(self, record: Record, refusal: Refusal) -> None:
        """Write a dead letter. For a global topic only task 0 does."""
        if record.topic not in READ_WHOLE or self._partition == 0:
            super()._refuse(record, refusal)

    def _own_click(self, record: Record) -> None:
        if record.event.buyer_id is not None:
            self.attribute.click(record.event, record.timestamp)

    def _own_entry(self, record: Record) -> None:
        self.attribute.entry(record.event, record.timestamp)

    def _touch(self, record: Record) -> None:
        forwarded: ForwardedClick = record.event
        self.attribute.forwarded(forwarded.click, forwarded.timestamp, forwarded.buyer_id)
