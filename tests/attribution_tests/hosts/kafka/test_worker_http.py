"""The HTTP endpoints of a worker: readiness, liveness and metrics."""

from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from attribution.config.settings import Kafka
from attribution.domain.steps.topology import declared
from attribution.metrics.definitions import ON_KAFKA, SIZES
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment import planted
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic

SERVED: Final = {
    "ATTRIBUTION_HTTP__ENABLED": "true",
    "ATTRIBUTION_HTTP__PORT": "0",
    "ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS": "30000",
}
STEPS: Final = {
    "route": {"room-entries"},
    "stitch": {"clicks"},
    "attribute": set(declared().by_partition),
}


class Answer(NamedTuple):
    status: int
    body: str


def ask(deployed: Deployed, path: str, name: str = "a") -> Answer:
    wait_for(lambda: bool(deployed.logged("metrics served", name)))
    served = deployed.logged("metrics served", name)[0]
    connection = HTTPConnection(served["host"], served["port"], timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())
    finally:
        connection.close()


def wait_for_answer(deployed: Deployed, path: str, answer: Answer, name: str = "a") -> None:
    wait_for(lambda: ask(deployed, path, name) == answer, lambda: f"{path}: {ask(deployed, path, name)}")


def samples(deployed: Deployed, name: str = "a") -> dict[str, list[tuple[Mapping[str, str], float]]]:
    families = text_string_to_metric_families(ask(deployed, "/metrics", name).body)
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def total(deployed: Deployed, name: str, **labels: str) -> float:
    return sum(value for found, value in samples(deployed).get(name, []) if labels.items() <= found.items())


@pytest.fixture
def barrier(tmp_path: Path) -> Path:
    return tmp_path / "barrier"


def test_ready_once_all_tasks_are_restored(deployed: Deployed, barrier: Path) -> None:
    barrier.touch()
    with deployed.worker(
        planted=planted.code_of(planted.restore_waits), BARRIER=str(barrier), **SERVED
    ) as worker:
        wait_for_answer(deployed, "/readyz", Answer(503, "restoring tasks [0, 1, 2, 3]\n"))
        wait_for(lambda: total(deployed, "attribution_tasks", state="restoring") == 4)
        assert ask(deployed, "/livez") == Answer(200, "alive\n")
        barrier.unlink()
        wait_for_answer(deployed, "/readyz", Answer(200, "processing 4 tasks\n"))
        wait_for(lambda: total(deployed, "attribution_tasks", state="running") == 4)
        assert stop(worker) == 0


def test_a_spare_is_ready_once_it_has_joined(
    bootstrap: str, prefix: str, tmp_path: Path, barrier: Path
) -> None:
    deployed = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=prefix, partitions=1), tmp_path)
    deployed.create_topics()
    barrier.touch()
    with deployed.worker(**SERVED) as one:
        wait_for_answer(deployed, "/readyz", Answer(200, "processing 1 tasks\n"))
        with deployed.worker(
            "b", planted.code_of(planted.join_waits), BARRIER=str(barrier), **SERVED
        ) as other:
            wait_for_answer(deployed, "/readyz", Answer(503, "joining the group\n"), "b")
            barrier.unlink()
            wait_for(lambda: ask(deployed, "/readyz", "b").status == 200)
            tasks = [deployed.logged("tasks assigned", name)[-1]["tasks"] for name in ("a", "b")]
            assert sorted(tasks) == [[], [0]]
            for name, own in zip(("a", "b"), tasks, strict=True):
                wait_for_answer(deployed, "/readyz", Answer(200, f"processing {len(own)} tasks\n"), name)
            assert (stop(other), stop(one)) == (0, 0)


def test_metrics_of_a_worker(deployed: Deployed) -> None:
    records = traffic(3_000, seed=16)
    deployed.publish(records[:1_000])
    with deployed.worker() as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    deployed.publish(records[1_000:])
    with deployed.worker(**SERVED) as worker:
        deployed.wait_until_done()
        wait_for(lambda: bool(samples(deployed).get("attribution_lag_records")))
        assert_shown(deployed, sum(record.topic == "orders" for record in records[1_000:]))
        assert stop(worker) == 0


def assert_shown(deployed: Deployed, orders: int) -> None:
    found = samples(deployed)
    for one in ON_KAFKA:
        shown = found[f"{one.name}_count" if one.type == "histogram" else one.name]
        assert all(labels.keys() == set(one.labels) for labels, _ in shown)
    lags = {
        (labels["step"], labels["topic"], labels["partition"])
        for labels, _ in found["attribution_lag_records"]
    }
    assert lags >= {
        (step, topic, str(partition))
        for step, topics in STEPS.items()
        for topic in topics
        for partition in range(4)
    }
    for name in ("lag_seconds", "restored_records", "restore_seconds"):
        assert {labels["partition"] for labels, _ in found[f"attribution_{name}"]} == {"0", "1", "2", "3"}
    assert total(deployed, "attribution_restored_records") > 0
    assert total(deployed, "attribution_rebalances") == 1
    assert total(deployed, "attribution_transaction_seconds_count") > 0
    assert total(deployed, "attribution_order_to_commit_seconds_count") == orders
    assert total(deployed, "attribution_last_tick_age_seconds") > 0
    for size in SIZES:
        assert total(deployed, size.name) > 0


@pytest.mark.parametrize(
    "plant", [planted.step_hangs, planted.commit_hangs], ids=["a step blocks", "a commit waits"]
)
def test_not_live_while_it_hangs(deployed: Deployed, barrier: Path, plant: Callable[[], None]) -> None:
    """Another thread answers. The planted code shortens the limit from 30 s to 3 s."""
    with deployed.worker(planted=planted.code_of(plant), BARRIER=str(barrier), **SERVED) as worker:
        wait_for_answer(deployed, "/readyz", Answer(200, "processing 4 tasks\n"))
        wait_for_answer(deployed, "/livez", Answer(200, "alive\n"))
        barrier.touch()
        wait_for_answer(deployed, "/livez", Answer(503, "hangs\n"))
        barrier.unlink()
        wait_for_answer(deployed, "/livez", Answer(200, "alive\n"))
        deployed.publish(traffic(1_000, seed=17))
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed, bytes_too=False)


def test_lag_grows_while_a_commit_waits(deployed: Deployed, barrier: Path) -> None:
    """The age of the uncommitted transaction grows, and records that arrive meanwhile wait."""
    with deployed.worker(
        planted=planted.code_of(planted.commit_hangs), BARRIER=str(barrier), **SERVED
    ) as worker:
        wait_for_answer(deployed, "/readyz", Answer(200, "processing 4 tasks\n"))
        barrier.touch()
        wait_for(lambda: total(deployed, "attribution_transaction_age_seconds") > 0)
        deployed.publish(traffic(1_000, seed=18))
        wait_for(lambda: total(deployed, "attribution_lag_records", step="attribute", topic="orders") > 0)
        wait_for(lambda: total(deployed, "attribution_lag_seconds") > 0)
        barrier.unlink()
        deployed.wait_until_done()
        wait_for(lambda: total(deployed, "attribution_lag_records") == 0)
        wait_for(lambda: total(deployed, "attribution_lag_seconds") == 0)
        assert stop(worker) == 0
