"""A step that is declared in one place shows everywhere: both hosts, restore, printout, ACLs, topics, test lists."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from attribution.cli import app
from attribution.commands.topics.desired import desired_topics
from attribution.config import load
from attribution.config.settings import Kafka
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.domain.steps import topology
from attribution.domain.steps.topology import declared
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.hosts.kafka.wiring import task_context
from attribution.processor import processor
from attribution.processor.persistence import EVERYTHING, Limits
from attribution.processor.processor import Processor
from attribution.streams.task.context import TaskContext
from attribution_tests.commands.topology.comparison import differences, from_text
from attribution_tests.domain.little_world import PLACED, paid, received
from attribution_tests.kafka_deployment import made_up_step

TOPIC: Final = "shop-orders-by-id"
SETTINGS: Final = """
[kafka]
bootstrap = "broker:9092"
application = "shop"
rekey = {rekey}
"""


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "DECLARED", topology.DECLARED)
    monkeypatch.setattr(processor, "BINDINGS", dict(processor.BINDINGS))
    made_up_step.install()


@pytest.fixture(params=[(), ("orders",)], ids=["as keyed", "rekeyed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "kafka.toml"
    file.write_text(SETTINGS.format(rekey=json.dumps(request.param)))
    return file


def printed(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["topology", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def context(file: Path) -> TaskContext:
    settings = load(file)
    return replace(task_context(settings, {}), partitions=settings.kafka.partitions)


def test_the_embedded_host_runs_it() -> None:
    events = [paid(), received(occurred_at=PLACED + 1)]
    steps = Processor(MemoryStore(), DEFAULT_POLICY, Limits(None, 1), EVERYTHING)
    steps.process([Record(e.occurred_at, 4, 0, n, "orders", None, b"", e) for n, e in enumerate(events)])
    counted = [json.loads(record.value)["values"]["events"] for record in steps.unit.outputs["insights"]]
    assert counted == [1, 2]


def test_a_worker_runs_it_as_printed(settings: Path) -> None:
    worker = context(settings)
    assert differences(worker, json.loads(printed("--config", settings, "--json"))["kafka"]) == []
    assert differences(worker, from_text(printed("--config", settings))) == []
    assert [*worker.job.agents] == ["route", "stitch", "count", "attribute"]
    assert "orders-by-id" in worker.job.agents["count"]


def test_the_restore_reads_its_topic_again_so_it_must_be_kept(settings: Path) -> None:
    assert context(settings).job.retention_needed_ms["orders-by-id"] > 0


def test_the_printout_and_the_acls_name_it(settings: Path) -> None:
    on_kafka: dict[str, Any] = json.loads(printed("--config", settings, "--json"))["kafka"]
    assert "count" in [step["name"] for step in on_kafka["steps"]]
    assert TOPIC in [moved["target"] for moved in on_kafka["hops"]]
    assert [acl["operations"] for acl in on_kafka["acls"] if TOPIC in acl["names"]] == [
        ["Read", "Write", "DescribeConfigs"]
    ]
    assert "counts the events of each order" in printed()


def test_the_topics_to_create_and_the_lists_of_tests_have_it() -> None:
    names = [topic.name for topic in desired_topics(Kafka(application="shop"))]
    assert TOPIC in names
    assert "insights" in declared().writes
