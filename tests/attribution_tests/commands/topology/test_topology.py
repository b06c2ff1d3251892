"""What `attribution topology` prints, with and without brokers."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from attribution.cli import app


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ATTRIBUTION_"):
            monkeypatch.delenv(name)


def topology(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["topology", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_topology_names_every_topic_in_the_total_order() -> None:
    shape = json.loads(topology("--json"))
    assert [step["name"] for step in shape["steps"]] == ["stitch", "attribute and commission"]
    ranks = [topic["rank"] for topic in shape["inputs"]]
    assert ranks == sorted(ranks)
    text = topology()
    assert all(topic["topic"] in text for topic in (*shape["inputs"], *shape["outputs"]))
    assert "keyed by click_id" in text


ON_KAFKA = """
[kafka]
bootstrap = "broker:9092"
application = "shop"
topic_prefix = "test-"
partitions = 8
rekey = ["orders"]
"""


@pytest.fixture
def on_kafka(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "kafka.toml").write_text(ON_KAFKA)
    deployment: dict[str, Any] = json.loads(topology("--config", tmp_path / "kafka.toml", "--json"))["kafka"]
    return deployment


def test_topology_without_brokers_does_not_mention_kafka() -> None:
    assert "kafka" not in json.loads(topology("--json"))
    assert "Kafka" not in topology()


def test_topology_on_kafka_has_one_task_per_partition_with_all_steps(on_kafka: dict[str, Any]) -> None:
    assert (on_kafka["tasks"], on_kafka["group"]) == (8, "test-shop")
    assert on_kafka["transactional_id"] == "test-shop-<partition>"
    assert [step["name"] for step in on_kafka["steps"]] == ["route", "stitch", "attribute and commission"]


def test_topology_on_kafka_routes_what_is_not_keyed_by_buyer(on_kafka: dict[str, Any]) -> None:
    route, _, attribute = on_kafka["steps"]
    assert "test-orders" in route["reads"]
    assert "test-shop-rekeyed-orders" in route["writes"]
    assert "test-shop-rekeyed-orders" in attribute["reads"]
    assert "test-orders" not in attribute["reads"]


def test_topology_on_kafka_has_the_acls_that_the_steps_need(on_kafka: dict[str, Any]) -> None:
    allowed = {
        (operation, name)
        for acl in on_kafka["acls"]
        for operation in acl["operations"]
        for name in acl["names"]
    }
    steps = on_kafka["steps"]
    assert allowed >= {("Read", name) for step in steps for name in (*step["reads"], *step["reads_all_of"])}
    assert allowed >= {("Write", name) for step in steps for name in step["writes"]}
    assert allowed >= {
        ("Read", on_kafka["changelog"]),
        ("Read", "test-shop"),
        ("IdempotentWrite", "kafka-cluster"),
    }
    assert allowed >= {("Write", "test-shop-"), ("Describe", "test-shop-")}


def test_topology_on_kafka_as_text_has_every_name(tmp_path: Path, on_kafka: dict[str, Any]) -> None:
    text = topology("--config", tmp_path / "kafka.toml")
    assert all(name in text for step in on_kafka["steps"] for name in (*step["reads"], *step["writes"]))
    assert all(name in text for acl in on_kafka["acls"] for name in acl["names"])
