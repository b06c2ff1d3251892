"""What `attribution topology` prints, with and without brokers."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from typer.testing import CliRunner

from attribution.cli import app
from attribution.config import load
from attribution.config.field_types import RekeyedTopic
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import BY_NAME
from attribution.domain.steps.topology import declared
from attribution.engine.record import Record
from attribution.engine.unit_of_work import OutputRecord
from attribution.hosts.kafka import task_processor
from attribution.hosts.kafka.job import AttributionJob
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.hosts.kafka.task_topology import TaskStep
from attribution.hosts.kafka.wiring import task_context
from attribution.processor.stitch import BoundStitch
from attribution.streams.task.context import TaskContext
from attribution_tests.commands.topology.comparison import differences, from_text
from attribution_tests.commands.topology.sample_run import CLICK_ID


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


def test_topology_names_what_each_task_reads() -> None:
    assert declared().by_partition == ("clicks", "room-entries", "orders", "fulfilment", "tasks")
    assert declared().whole == (
        "links",
        "promoters",
        "rooms",
        "campaigns",
        "policies",
        "governance",
        "ticks",
    )


def test_a_topic_can_be_rekeyed_if_its_records_name_the_buyer() -> None:
    by_buyer = {name for name in declared().by_partition if BY_NAME[name].key.startswith("buyer_id")}
    assert by_buyer == set(get_args(RekeyedTopic))


def written(directory: Path, rekey: tuple[str, ...]) -> Path:
    file = directory / "kafka.toml"
    file.write_text(ON_KAFKA.replace('["orders"]', json.dumps(rekey)))
    return file


def worker(file: Path) -> TaskContext:
    settings = load(file)
    return replace(task_context(settings, {}), partitions=settings.kafka.partitions)


def job_of(context: TaskContext) -> AttributionJob:
    assert isinstance(context.job, AttributionJob)
    return context.job


@pytest.mark.parametrize(
    "rekey",
    [
        (),
        ("orders",),
        ("clicks",),
        ("clicks", "orders"),
        ("room-entries",),
    ],
)
def test_topology_on_kafka_says_what_a_worker_does(tmp_path: Path, rekey: tuple[str, ...]) -> None:
    file = written(tmp_path, rekey)
    assert differences(worker(file), json.loads(topology("--config", file, "--json"))["kafka"]) == []
    assert differences(worker(file), from_text(topology("--config", file))) == []


Change = Callable[[pytest.MonkeyPatch, TaskContext], TaskContext]


def feeds(agent: str, *topics: str) -> Change:
    def change(_: pytest.MonkeyPatch, context: TaskContext) -> TaskContext:
        job = job_of(context)
        job.agents = {**job.agents, agent: [*topics, *job.agents[agent]]}
        return context

    return change


def feeds_less(agent: str, topic: str) -> Change:
    def change(_: pytest.MonkeyPatch, context: TaskContext) -> TaskContext:
        job = job_of(context)
        job.agents = {**job.agents, agent: [one for one in job.agents[agent] if one != topic]}
        return context

    return change


def steps_are(change_steps: Callable[[tuple[TaskStep, ...]], Iterable[TaskStep]]) -> Change:
    def change(_: pytest.MonkeyPatch, context: TaskContext) -> TaskContext:
        topology = job_of(context).topology
        topology.steps = tuple(change_steps(topology.steps))
        return context

    return change


def step_is(name: str, **changes: Any) -> Change:
    return steps_are(lambda steps: (replace(one, **changes) if one.name == name else one for one in steps))


def states(attribute: str, change_topics: Callable[[list[str]], list[str]]) -> Change:
    def change(monkeypatch: pytest.MonkeyPatch, context: TaskContext) -> TaskContext:
        monkeypatch.setattr(context.job, attribute, change_topics(list(getattr(context.job, attribute))))
        return context

    return change


def patches(target: object, name: str, value: object) -> Change:
    def change(monkeypatch: pytest.MonkeyPatch, context: TaskContext) -> TaskContext:
        monkeypatch.setattr(target, name, value)
        return context

    return change


def replaces(make: Callable[[TaskContext], TaskContext]) -> Change:
    return lambda _, context: make(context)


def keyed_by_click_id(_key: str, value: bytes) -> OutputRecord:
    return OutputRecord(CLICK_ID, value)


def refuse_elsewhere(processor: TaskProcessor, record: Record, _refusal: Refusal) -> None:
    processor.unit.outputs["refused"].append(OutputRecord(record.topic, b""))


CHANGES: Final[dict[str, tuple[Change, str]]] = {
    "route is fed a topic more": (feeds("route", "clicks"), "fed to route"),
    "stitch is fed a topic more": (feeds("stitch", "orders"), "fed to stitch"),
    "attribute is fed a topic more": (feeds("attribute", "insights"), "fed to attribute"),
    "attribute is fed a topic less": (feeds_less("attribute", "tasks"), "fed to attribute"),
    "stitch is fed a topic less": (feeds_less("stitch", "clicks"), "fed to stitch"),
    "stitch reads a topic less": (step_is("stitch", direct=()), "read by stitch"),
    "route rekeys nothing": (steps_are(lambda steps: steps[1:]), "moved by route"),
    "rekeyed records are not read": (step_is("attribute", through=("touches",)), "read by attribute"),
    "a topic is not read whole": (states("global_topics", lambda names: names[1:]), "read whole"),
    "a topic more is read whole": (
        states("global_topics", lambda names: [*names, "decisions"]),
        "read whole",
    ),
    "a step reads no ticks": (step_is("attribute", whole=declared().whole[:-1]), "read by attribute"),
    "an output more": (states("outputs", lambda names: [*names, "insights"]), "outputs"),
    "an output less": (states("outputs", lambda names: names[:-1]), "outputs"),
    "an output that the ACLs do not name": (states("outputs", lambda _: ["clicks"]), "not allowed: Write"),
    "a repartition topic more": (
        states("repartition_topics", lambda names: [*names, "by-order"]),
        "repartition topics",
    ),
    "a renamed repartition topic": (step_is("stitch", target="forwarded"), "moved by stitch"),
    "touches keyed by click_id": (
        patches(task_processor, "OutputRecord", keyed_by_click_id),
        "carried by test-shop-touches",
    ),
    "nothing is forwarded": (
        patches(BoundStitch, "_send", lambda *_: None),
        "carried by test-shop-touches",
    ),
    "dead letters in another topic": (
        patches(TaskProcessor, "refuse", refuse_elsewhere),
        "written, not printed: test-refused",
    ),
    "no entry is routed": (
        patches(TaskProcessor, "_routed", lambda *_: lambda _: None),
        "carried by test-shop-named-entries",
    ),
    "a task more": (replaces(lambda one: replace(one, partitions=9)), "transactional ids"),
    "another application": (
        replaces(lambda one: replace(one, names=replace(one.names, application="other"))),
        "group",
    ),
    "another prefix": (replaces(lambda one: replace(one, names=replace(one.names, prefix=""))), "changelog"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_worker_that_differs_from_the_printout_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    change, subject = CHANGES[name]
    file = written(tmp_path, ("orders",))
    for printed in (
        json.loads(topology("--config", file, "--json"))["kafka"],
        from_text(topology("--config", file)),
    ):
        with monkeypatch.context() as patch:
            found = differences(change(patch, worker(file)), printed)
        assert any(line.startswith(subject) for line in found), found
