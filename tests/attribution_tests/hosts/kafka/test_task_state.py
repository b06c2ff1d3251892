"""The state of a task that moves: one worker's store plus the changelog of another worker."""

from typing import Final

import pytest

from attribution.domain.records.events import Click, OrderRefunded, RoomEntry
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.domain.steps.messages import EntryByClickId
from attribution.domain.steps.topology import ENTRIES, STITCH
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.job import AttributionJob
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.hosts.kafka.task_topology import TaskTopology
from attribution.processor.persistence import Limits, Persistence

START: Final = 1_790_000_000_000
DAY: Final = 86_400_000
BROKER_TAKES: Final = 1_000_000
"""Kafka's default limit of a record in bytes (message.max.bytes), less the overhead."""


def opened(store: WriteBuffer) -> TaskProcessor:
    persistence = Persistence(interactions=True, orders=True, versions=False)
    return TaskProcessor(0, store, DEFAULT_POLICY, Limits(1_000_000, 180 * DAY), persistence)


def new_store() -> WriteBuffer:
    return WriteBuffer(MemoryStore(), (*AttributionJob.unlogged, "local"))


def click(number: int, buyer_id: str | None = "b1", days: int = 0) -> Record:
    at = START + number + days * DAY
    event = Click(
        event_id=f"e{number}",
        occurred_at=at,
        click_id=f"c{number}",
        link_id="L",
        surface="live",
        buyer_id=buyer_id,
    )
    return Record(at, 2, 0, number, "clicks", None, b"", event)


def restore(processor: TaskProcessor, store: WriteBuffer, *batches: list[Record]) -> None:
    for batch in batches:
        for record in batch:
            processor.attribute.restore(record.event, record.timestamp, record.event.buyer_id)
        flush(processor, store)
        store.commit()


def stitch(processor: TaskProcessor, records: list[Record]) -> None:
    step = next(step for step in TaskTopology(()).steps if step.shape == STITCH)
    processor.process_of(step)(records)


def flush(processor: TaskProcessor, store: WriteBuffer) -> list[tuple[str, bytes, bytes | None]]:
    """Write the unit of work; return the rows for the changelog."""
    processor.flush()
    processor.unit.write_batch.write_to(store)
    processor.unit.clear()
    return list(store.changed())


def read_changelog(store: WriteBuffer, changelog: list[tuple[str, bytes, bytes | None]]) -> None:
    for table, key, value in changelog:
        store.write({table: {key: value}})
    store.commit()


def test_a_task_that_returns_has_all_touches() -> None:
    """Its store has seen more units of work than the worker that had the task meanwhile."""
    here, elsewhere = new_store(), new_store()
    restore(opened(here), here, [click(1)], [click(2)], [click(3)])
    meanwhile = opened(elsewhere)
    restore(meanwhile, elsewhere, [click(1), click(2), click(3)])
    meanwhile.process([click(4)])
    read_changelog(here, flush(meanwhile, elsewhere))
    restore(opened(here), here, [click(4)])
    assert len(opened(here).state.buyers.get("b1").history) == 4


@pytest.mark.parametrize("days", [0, 40], ids=["at once", "far ahead"])
def test_anonymous_clicks_survive_a_move_before_attribute_has_processed(days: int) -> None:
    here, elsewhere = new_store(), new_store()
    before = opened(elsewhere)
    stitch(before, [click(1, buyer_id=None, days=days)])
    read_changelog(here, flush(before, elsewhere))
    after = opened(here)
    at = START + 2 + days * DAY
    entry = RoomEntry(event_id="n", occurred_at=at, buyer_id="b1", room_id="r", click_id="c1")
    message = EntryByClickId(0, 2, at, entry)
    stitch(after, [Record(*message.place, ENTRIES.topic, None, b"", message)])
    assert [written.key for written in after.unit.outputs["touches"]] == ["b1"]


def test_no_row_exceeds_the_broker_limit_however_large_the_facts_are() -> None:
    store = new_store()
    processor = opened(store)
    for number in range(6):
        event = OrderRefunded(
            event_id=f"r{number}",
            occurred_at=START,
            order_id="o",
            buyer_id="b1",
            refund_id=f"r{number}",
            refund_amount=1,
            currency="CNY",
        )
        processor.process(
            [Record(START, 4, 0, number, "orders", None, b'{"x":"%b"}' % (b"x" * 250_000), event)]
        )
    rows = flush(processor, store)
    assert sum(len(value or b"") for _, _, value in rows) > BROKER_TAKES
    assert max(len(value or b"") for _, _, value in rows) < BROKER_TAKES
