"""A worker ends in time: with everything processed committed, or even if something hangs."""

import signal
from pathlib import Path

import msgspec

from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

WITHIN_SECONDS = 10
"""The limit in the contract of the command."""
EX_TEMPFAIL = 75


def test_a_busy_worker_commits_what_it_has_processed_and_ends_in_time(
    deployed: Deployed, tmp_path: Path
) -> None:
    deployed.publish(traffic(20_000, seed=15))
    processed = tmp_path / "processed"
    with deployed.worker(
        "busy", planted.code_of(planted.writes_down_what_is_processed), PROCESSED=str(processed)
    ) as worker:
        wait_for(lambda: len(deployed.read("decisions")) > 0)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WITHIN_SECONDS) == 0
    assert_committed(deployed, processed.read_text().splitlines())
    with deployed.worker("next") as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)


def test_a_worker_that_fails_and_hangs_ends_and_releases_its_tasks(deployed: Deployed) -> None:
    deployed.publish(traffic(1_000, seed=16))
    with deployed.worker("hangs", planted.code_of(planted.fails_and_hangs)) as worker:
        wait_for(lambda: "worker fails" in deployed.log_of("hangs"))
        assert worker.wait(1.5 * WITHIN_SECONDS) == EX_TEMPFAIL
    with deployed.worker("next") as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)


def assert_committed(deployed: Deployed, processed: list[str]) -> None:
    committed = {partition: task.positions for partition, task in deployed.tasks().items()}
    logged = [msgspec.json.decode(line) for line in processed]
    assert sorted(partition for partition, _ in logged) == [0, 1, 2, 3]
    clicks = sum(positions["attribute"]["clicks"] for _, positions in logged)
    assert clicks < len(deployed.read("clicks")), "no task was busy"
    for partition, positions in logged:
        for step, topics in positions.items():
            for topic, offset in topics.items():
                assert committed[partition][step][topic] >= offset
