"""The worker writes what the steps alone and the oracle compute from the same records (contract, section 3)."""

from collections.abc import Iterator

import pytest

from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.outputs import last_decisions, sums
from attribution_tests.kafka_deployment.traffic import traffic
from attribution_tests.processor.against_oracle import check


def assert_as_expected(deployed: Deployed, *, bytes_too: bool = True) -> None:
    outputs, expected = deployed.outputs(), deployed.expected()
    assert len(expected["decisions"]) > 10
    assert last_decisions(outputs["decisions"]) == last_decisions(expected["decisions"])
    assert sums(outputs["commissions"]) == sums(expected["commissions"])
    assert outputs["dead-letters"].keys() == expected["dead-letters"].keys()
    if bytes_too:
        assert outputs["decisions"] == expected["decisions"]
    rows = {topic: [row for some in by_key.values() for row in some] for topic, by_key in outputs.items()}
    check(deployed.accepted(), rows)


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_a_backlog_gives_the_bytes_that_the_steps_alone_give(deployed: Deployed, store: str) -> None:
    deployed.publish(traffic(6_000))
    with deployed.worker(ATTRIBUTION_STATE__STORE=store) as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_a_worker_resumes_where_it_stopped(deployed: Deployed, store: str) -> None:
    records = traffic(6_000, seed=2)
    for part in _thirds(records):
        deployed.publish(part)
        with deployed.worker(ATTRIBUTION_STATE__STORE=store) as worker:
            deployed.wait_until_done()
            assert stop(worker) == 0
    assert_as_expected(deployed, bytes_too=False)


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_a_killed_worker_loses_nothing_and_repeats_nothing(deployed: Deployed, store: str) -> None:
    deployed.publish(traffic(20_000, seed=3))
    for decisions in (0, 1, 100):
        with deployed.worker(ATTRIBUTION_STATE__STORE=store) as worker:
            wait_for(lambda: len(deployed.read("decisions")) >= decisions, deployed.log_of)  # noqa: B023
            worker.kill()
    with deployed.worker("last", ATTRIBUTION_STATE__STORE=store) as worker:
        wait_for(lambda: deployed.log_of("last").count("task ready") == 4)
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)


def test_workers_join_and_leave(deployed: Deployed) -> None:
    first, second, third = _thirds(traffic(6_000, seed=4))
    deployed.publish(first)
    with deployed.worker("a") as one:
        deployed.wait_until_done()
        with deployed.worker("b") as two:
            wait_for(lambda: "task ready" in deployed.log_of("b"))
            deployed.publish(second)
            deployed.wait_until_done()
            assert stop(two) == 0
        deployed.publish(third)
        deployed.wait_until_done()
        assert stop(one) == 0
    assert_as_expected(deployed, bytes_too=False)


def _thirds(records: list[ProducerRecord]) -> Iterator[list[ProducerRecord]]:
    third = len(records) // 3
    yield records[:third]
    yield records[third : 2 * third]
    yield records[2 * third :]


def test_an_error_in_a_step_commits_nothing_of_its_unit_of_work(deployed: Deployed) -> None:
    deployed.publish(traffic(6_000, seed=7))
    with deployed.worker("broken", planted.code_of(planted.an_order_fails)) as worker:
        wait_for(lambda: worker.poll() is not None)
        assert worker.returncode not in (0, None)
    assert "planted" in deployed.log_of("broken")
    with deployed.worker() as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)
