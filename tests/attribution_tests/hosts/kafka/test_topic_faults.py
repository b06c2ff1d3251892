# mypy: disable-error-code="import-untyped"
"""Changes of topics: the worker ends with an error that says so, and writes nothing wrong."""

import signal
import subprocess
from collections.abc import Callable
from secrets import token_hex
from typing import Final, TypeAlias

import pytest

from attribution.config.settings import Kafka
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.administration import add_partition, alter, delete_records
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

EX_UNAVAILABLE: Final = 69
EX_IOERR: Final = 74
EX_CONFIG: Final = 78

Change: TypeAlias = Callable[[Deployed], None]


def is_restored(one: Deployed, name: str) -> bool:
    return len(one.logged("task ready", name)) == one.kafka.partitions


def assert_refused(one: Deployed, code: int, says: str, name: str = "a") -> None:
    """Check that a worker ends by itself before it has restored its tasks."""
    with one.worker(name) as worker:
        wait_for(lambda: worker.poll() is not None or is_restored(one, name), lambda: one.log_of(name))
        if is_restored(one, name):
            stop(worker)
            pytest.fail("the topics were not refused")
        assert_ended(one, worker, code, says, name)


def assert_ended(
    one: Deployed, worker: "subprocess.Popen[bytes]", code: int, says: str, name: str = "a"
) -> None:
    wait_for(lambda: worker.poll() is not None, lambda: one.log_of(name))
    (error,) = [line for line in one.log_of(name).splitlines() if line.startswith("error: ")]
    assert says in error
    assert worker.returncode == code


def a_partition_more(one: Deployed) -> None:
    add_partition(one, "orders")


def a_shorter_retention(one: Deployed) -> None:
    alter(one, {one.names.topic("clicks"): {"retention.ms": "86400000"}})


CHANGES: Final = [
    (a_partition_more, "topics that are read together differ in partitions"),
    (a_shorter_retention, "86400000 ms, but touches matter for"),
]


@pytest.mark.parametrize(("change", "says"), CHANGES)
def test_a_change_of_topics_ends_a_running_worker(deployed: Deployed, change: Change, says: str) -> None:
    with deployed.worker(planted=planted.code_of(planted.topics_are_checked_often)) as worker:
        wait_for(lambda: is_restored(deployed, "a"))
        change(deployed)
        assert_ended(deployed, worker, EX_CONFIG, says)


def test_an_added_partition_is_refused_at_the_start(deployed: Deployed) -> None:
    a_partition_more(deployed)
    assert_refused(deployed, EX_CONFIG, "topics that are read together differ in partitions")


@pytest.fixture(scope="module")
def stopped(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A deployment whose worker processed all of its input and stopped."""
    kafka = Kafka(bootstrap=bootstrap, topic_prefix=f"topic-{token_hex(3)}-")
    one = Deployed(kafka, tmp_path_factory.mktemp("topic-faults"))
    one.create_topics()
    one.publish(traffic(1_500, seed=22))
    with one.worker() as worker:
        one.wait_until_done()
        assert stop(worker) == 0
    return one


def test_a_new_disk_is_refused_if_needed_touches_were_deleted(stopped: Deployed) -> None:
    before = stopped.read("decisions")
    delete_records(stopped, "room-entries", 1)
    assert_refused(stopped, EX_IOERR, "without these records decisions would be wrong", "some")
    assert stopped.read("decisions") == before


def test_a_new_disk_is_refused_if_all_touches_were_deleted(stopped: Deployed) -> None:
    for topic in ("clicks", "room-entries"):
        delete_records(stopped, topic)
    assert_refused(stopped, EX_IOERR, "without these records decisions would be wrong", "all")


def test_a_worker_does_not_start_if_unprocessed_records_were_deleted(stopped: Deployed) -> None:
    before = stopped.read("decisions")
    stopped.publish(traffic(500, seed=23))
    delete_records(stopped, "orders")
    assert_refused(stopped, EX_IOERR, "records were deleted before they were processed", "behind")
    assert stopped.read("decisions") == before


def test_a_running_worker_ends_if_unread_records_were_deleted(deployed: Deployed) -> None:
    records = traffic(1_000, seed=24)
    deployed.publish(records[:700])
    with deployed.worker() as worker:
        deployed.wait_until_done()
        worker.send_signal(signal.SIGSTOP)
        deployed.publish(records[700:])
        delete_records(deployed, "orders")
        worker.send_signal(signal.SIGCONT)
        ticks = len(deployed.read("ticks"))
        wait_for(lambda: worker.poll() is not None or len(deployed.read("ticks")) > ticks + 2)
        assert worker.poll() is not None
        assert_ended(deployed, worker, EX_IOERR, "records were deleted before they were processed")


def test_a_too_large_record_ends_the_worker_and_nothing_is_committed(deployed: Deployed) -> None:
    decisions = deployed.names.topic("decisions")
    alter(deployed, {decisions: {"max.message.bytes": "200"}})
    deployed.publish(traffic(1_000, seed=25))
    with deployed.worker("refused") as worker:
        assert_ended(deployed, worker, EX_UNAVAILABLE, "see max.message.bytes", "refused")
    assert deployed.read("commissions") == deployed.read("decisions") == []
    alter(deployed, {decisions: {"max.message.bytes": "1048588"}})
    with deployed.worker() as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)
