"""A restore that outlasts session timeouts: heartbeats continue, and no task moves a second time.

``RESTORE_SECONDS`` sets the duration of the restore. The session times out after 6 s.
"""

import os
from typing import Final

from attribution.engine.producer_record import ProducerRecord
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

SECONDS: Final = os.environ.get("RESTORE_SECONDS", "20")


def is_slowly_restored(deployed: Deployed) -> bool:
    return deployed.log_of("slow").count(f"planted: a restore of {SECONDS} s") == 2


def test_a_long_restore_costs_no_second_rebalance(deployed: Deployed) -> None:
    records = traffic(4_000, seed=11)
    deployed.publish(records[:3_000])
    with deployed.worker() as quick:
        deployed.wait_until_done()
        with deployed.worker(
            "slow", planted.code_of(planted.restore_takes_long), RESTORE_SECONDS=SECONDS
        ) as slow:
            wait_for(lambda: bool(deployed.logged("tasks assigned", "slow")))
            assert_others_go_on(deployed, records[3_000:])
            wait_for(lambda: len(deployed.logged("task ready", "slow")) == 2)
            deployed.wait_until_done()
            assert is_slowly_restored(deployed)
            assert deployed.generations() == [1, 2]
            assert len(deployed.logged("tasks assigned", "slow")) == 1
            assert len(deployed.logged("tasks assigned")) == 2
            assert stop(slow) == 0
        assert stop(quick) == 0
    assert_as_expected(deployed, bytes_too=False)


def assert_others_go_on(deployed: Deployed, records: list[ProducerRecord]) -> None:
    """Check that the tasks of the other worker process records that arrive meanwhile."""
    wait_for(lambda: len(deployed.logged("tasks assigned")) == 2)
    partitions = deployed.logged("tasks assigned")[-1]["tasks"]
    assert len(partitions) == 2
    deployed.publish(records)
    wait_for(lambda: deployed.has_processed("attribute", "orders", partitions))
    assert not deployed.logged("task ready", "slow")
