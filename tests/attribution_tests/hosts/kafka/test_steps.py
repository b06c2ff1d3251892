"""A task resumes from its state only if the state fits the topics."""

import pytest

from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.errors import StateError
from attribution.hosts.kafka.job import AttributionJob
from attribution.processor.persistence import Limits, Persistence
from attribution.processor.state_version import ON_KAFKA
from attribution.streams.checkpoint import TaskCheckpoint

STATE = TaskCheckpoint({"attribute": {"touches": 5}}, {"attribute": {"touches": [7, 8]}}, 0, ON_KAFKA.number)


def job() -> AttributionJob:
    persistence = Persistence(interactions=False, orders=True, versions=False)
    return AttributionJob(frozenset(), DEFAULT_POLICY, Limits(None, 1), persistence)


def test_state_of_another_number_of_partitions_is_refused() -> None:
    work = job().open_work(0, 3, WriteBuffer(MemoryStore(), ()))
    with pytest.raises(StateError, match=r"2 partitions, but the topics have 3 .*docs/operate.md"):
        work.steps(STATE, {})


def test_a_step_resumes_where_the_state_says() -> None:
    work = job().open_work(0, 2, WriteBuffer(MemoryStore(), ()))
    *_, attribute = work.steps(STATE, {"clicks": 5})
    assert attribute.inputs.next_offset("touches") == 5
    assert attribute.inputs.next_offset("clicks") == 5
    assert attribute.inputs.processed()["touches"] == [7, 8]
