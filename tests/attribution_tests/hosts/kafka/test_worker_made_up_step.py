"""A made-up step runs in a worker: its repartition topic, a global topic, and its restore."""

import signal
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Final

import msgspec
import pytest

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.outputs import Insight
from attribution.domain.records.topics import BY_NAME
from attribution.domain.steps import topology
from attribution.engine.producer_record import ProducerRecord
from attribution.processor import processor
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import made_up_step
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

PLANTED: Final = "from attribution_tests.kafka_deployment import made_up_step; made_up_step.install()"


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "DECLARED", topology.DECLARED)
    monkeypatch.setattr(processor, "BINDINGS", dict(processor.BINDINGS))
    made_up_step.install()


def counted(deployed: Deployed) -> dict[str, list[int]]:
    """Return by order the counts that the step has written, in order."""
    counts: defaultdict[str, list[int]] = defaultdict(list)
    for row in deployed.read("insights"):
        insight = msgspec.json.decode(row.value, type=Insight)
        counts[insight.subject].append(int(insight.values["events"]))
    return counts


def events(deployed: Deployed) -> int:
    """Return how many order events were published, less those that no step can read."""
    rows = deployed.read("orders")
    read = TopicDecoder(BY_NAME["orders"]).decode(
        [one.value for one in rows], [one.timestamp for one in rows]
    )
    return sum(not isinstance(event, Refusal) for event in read)


def numbers(counts: dict[str, list[int]]) -> Iterator[bool]:
    for of_order in counts.values():
        yield all(number == expected for number, expected in zip(of_order, count(1), strict=False))


def test_a_worker_runs_a_made_up_step_and_restores_it(deployed: Deployed) -> None:
    deployed.create_topics()
    records = traffic(3_000, seed=31)
    half = len(records) // 2
    deployed.publish(records[:half])
    with deployed.worker("a", PLANTED, ATTRIBUTION_STATE__STORE="memory") as worker:
        deployed.wait_until_done()
        wait_for(lambda: sum(map(len, counted(deployed).values())) == events(deployed))
        worker.send_signal(signal.SIGKILL)
    unreadable = [ProducerRecord(topic, records[half].timestamp, "o0", b"{") for topic in ("ticks", "orders")]
    deployed.publish([*records[half:], *unreadable])
    with deployed.worker("a", PLANTED, ATTRIBUTION_STATE__STORE="memory") as worker:
        deployed.wait_until_done()
        wait_for(lambda: sum(map(len, counted(deployed).values())) == events(deployed))
        assert stop(worker) == 0
    assert all(numbers(counted(deployed)))
    assert max(map(max, counted(deployed).values())) > 1
    assert_as_expected(deployed, bytes_too=False)
