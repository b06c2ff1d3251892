"""Which step of which task counts a record: in the deployment it counts once."""

from collections import Counter
from typing import Final

import pytest

from attribution.domain.records.topics import READ
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.job import AttributionJob
from attribution.processor.persistence import Limits, Persistence
from attribution.streams.flow.step import Step
from attribution.streams.task.consumed import ConsumedRecords

PARTITIONS: Final = 2
PERSISTENCE: Final = Persistence(interactions=False, orders=True, versions=False)
GLOBAL: Final = {
    "links": 3,
    "promoters": 2,
    "rooms": 1,
    "campaigns": 1,
    "policies": 1,
    "governance": 2,
    "ticks": 5,
}
KEYED: Final = {"clicks": 7, "room-entries": 4, "orders": 3, "fulfilment": 1, "tasks": 1}


def job(*rekeyed: str) -> AttributionJob:
    return AttributionJob(frozenset(rekeyed), DEFAULT_POLICY, Limits(None, 1), PERSISTENCE)


def steps_of(one: AttributionJob, partition: int) -> list[Step]:
    return one.open_work(partition, PARTITIONS, WriteBuffer(MemoryStore(), ())).steps(None, {})


def records(topic: str, number: int) -> list[Record]:
    return [Record(0, 0, 0, offset, topic, None, b"", None) for offset in range(number)]


def passed_to(step: Step, *, is_rekeyed: bool) -> list[Record]:
    """Return the records that a step processes; those of rekeyed topics keep the topic that they came from."""
    by_step = {
        "rekey clicks": {"clicks": 7},
        "route": {"room-entries": 4},
        "stitch": {"clicks": 7, "named-entries": 4},
        "attribute": {**KEYED, **GLOBAL, "touches": 6},
    }
    assert step.inputs.reads("rekeyed-clicks") == (is_rekeyed and step.name in {"stitch", "attribute"})
    return [one for topic, number in by_step.get(step.name, {}).items() for one in records(topic, number)]


@pytest.mark.parametrize("rekeyed", [(), ("clicks",)])
def test_two_tasks_count_each_record_once(rekeyed: tuple[str, ...]) -> None:
    """Both read the global topics, and each its own partition of the others."""
    one, counted = job(*rekeyed), Counter[str]()
    for partition in range(PARTITIONS):
        steps = steps_of(one, partition)
        consumed = ConsumedRecords(one, partition, steps)
        for step in steps:
            consumed.add(step, passed_to(step, is_rekeyed=bool(rekeyed)))
        counted += consumed.take()
    assert counted == {**GLOBAL, **{topic: PARTITIONS * number for topic, number in KEYED.items()}}
    assert counted.keys() == {topic.name for topic in READ}


def test_what_is_taken_counts_no_more() -> None:
    one = job()
    *_, attribute = steps = steps_of(one, 0)
    consumed = ConsumedRecords(one, 0, steps)
    consumed.add(attribute, records("ticks", 3))
    consumed.add(attribute, records("ticks", 2))
    assert consumed.take() == {"ticks": 5}
    consumed.add(attribute, [])
    assert consumed.take() == {}
