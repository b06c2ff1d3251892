"""Repartition topics while their source workers stand still: no order is decided too early."""

import signal
from pathlib import Path
from typing import Final

from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.outputs import ByKey
from attribution_tests.kafka_deployment.traffic import traffic

PATIENT: Final = {
    "ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "45000",
    "ATTRIBUTION_KAFKA__TRANSACTION_TIMEOUT_MS": "60000",
}
"""With these, a worker that stands still for a short time keeps its tasks and its transactions."""
PARTITIONS: Final = 4
_SEVERAL_TICKS: Final = 3
"""There is one tick per second. After these, orders that do not wait would be decided."""


def share(deployed: Deployed) -> list[int]:
    """Wait until two workers share the tasks; return those of worker ``a``."""
    wait_for(lambda: [len(assigned(deployed, name)) for name in ("a", "other")] == [2, 2])
    return assigned(deployed, "a")


def assigned(deployed: Deployed, name: str) -> list[int]:
    tasks = [one["tasks"] for one in deployed.logged("tasks assigned", name)]
    return tasks[-1] if tasks else []


def are_beginnings(some: ByKey, whole: ByKey) -> bool:
    return all(whole[order][: len(rows)] == rows for order, rows in some.items())


def test_a_backlog_waits_while_a_repartition_topic_is_paused(deployed: Deployed, tmp_path: Path) -> None:
    """Orders wait for touches that may still arrive through the topic; none is decided without them."""
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


def test_late_records_of_an_idle_worker_have_orders_derived_again(deployed: Deployed) -> None:
    """Its watermarks say that it is idle, so others do not wait for it. They correct decisions later."""
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
