"""What goes through a hop while the worker of its sources stands still: nothing is decided without it that waits for it."""

import signal
from pathlib import Path
from typing import Final

from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import ByKey, Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

PATIENT: Final = {
    "ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "45000",
    "ATTRIBUTION_KAFKA__TRANSACTION_TIMEOUT_MS": "60000",
}
"""So a worker that stands still for a moment keeps its tasks, and what it has begun."""
PARTITIONS: Final = 4
_SEVERAL_TICKS: Final = 3
"""Time passes, one a second: what does not wait would have been decided."""


def share(deployed: Deployed) -> list[int]:
    """Wait until two workers share the tasks; return those of the worker a."""
    wait_for(lambda: [len(assigned(deployed, name)) for name in ("a", "other")] == [2, 2])
    return assigned(deployed, "a")


def assigned(deployed: Deployed, name: str) -> list[int]:
    tasks = [one["tasks"] for one in deployed.logged("tasks assigned", name)]
    return tasks[-1] if tasks else []


def are_beginnings(some: ByKey, whole: ByKey) -> bool:
    return all(whole[order][: len(rows)] == rows for order, rows in some.items())


def test_a_backlog_waits_while_a_hop_is_paused(deployed: Deployed, tmp_path: Path) -> None:
    """Orders wait for the touches that the hop may still bring: nothing is decided without them."""
    deployed.publish(traffic(6_000, seed=12))
    barrier = tmp_path / "barrier"
    barrier.touch()
    with deployed.worker(
        "a", planted.code_of(planted.entries_by_click_id_are_paused), BARRIER=str(barrier)
    ) as worker:
        wait_for(lambda: deployed.log_of().count("planted: route has records") == PARTITIONS)
        wait_for(lambda: deployed.log_of().count("planted: attribute has records") == PARTITIONS)
        wait_for(lambda: len(deployed.read("ticks")) > _SEVERAL_TICKS)
        assert not deployed.read("decisions")
        barrier.unlink()
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)


def test_what_comes_late_from_a_worker_at_rest_is_derived_again(deployed: Deployed) -> None:
    """It had nothing when it was stopped, and said so: others don't wait for it, and correct what they decided."""
    records = traffic(6_000, seed=13)
    deployed.publish(records[:2_000])
    with deployed.worker("other", **PATIENT) as other, deployed.worker(**PATIENT) as worker:
        wait_for(lambda: bool(deployed.logged("tasks assigned", "other")))
        partitions = share(deployed)
        deployed.wait_until_done()
        other.send_signal(signal.SIGSTOP)
        deployed.publish(records[2_000:])
        wait_for(lambda: deployed.has_processed("attribute", "orders", partitions))
        meanwhile = deployed.outputs()["decisions"]
        other.send_signal(signal.SIGCONT)
        deployed.wait_until_done()
        assert (stop(other), stop(worker)) == (0, 0)
    outputs, expected = deployed.outputs()["decisions"], deployed.expected()["decisions"]
    assert not are_beginnings(meanwhile, expected)
    assert are_beginnings(meanwhile, outputs)
    assert_as_expected(deployed, bytes_too=False)
