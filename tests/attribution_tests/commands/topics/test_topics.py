"""`attribution topics` on a real broker: missing topics are created, and nothing else changes."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from time import monotonic
from typing import Any, Final, TypeAlias

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from typer.testing import CliRunner, Result

from attribution.commands.topics.command import app
from attribution.commands.topics.desired import desired_topics
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.topics import TOPICS
from attribution.streams.clients.admin import ActualTopic, DesiredTopic, connected

DEADLINE_SECONDS: Final = 30.0
DAY_MS: Final = 86_400_000
KEPT: Final = str(45 * DAY_MS)
ALL: Final = len(desired_topics(Kafka()))
"""The number of topics of a deployment."""

Topics: TypeAlias = Callable[..., Result]


@pytest.fixture
def topics(bootstrap: str, prefix: str) -> Topics:
    """Run `attribution topics`, with additional Kafka settings as keyword arguments."""

    def run(*arguments: str, **settings: str) -> Result:
        named = {"bootstrap": bootstrap, "topic_prefix": prefix} | settings
        variables = {f"ATTRIBUTION_KAFKA__{key.upper()}": value for key, value in named.items()}
        return CliRunner().invoke(app, arguments, env=variables)

    return run


def states(result: Result) -> dict[str, str]:
    return {topic["topic"]: topic["state"] for topic in json.loads(result.stdout)["topics"]}


async def make(bootstrap: str, name: str, partitions: int, settings: Mapping[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    finally:
        await admin.close()
    await actual(bootstrap, name, created=[name])


async def alter(bootstrap: str, name: str, settings: Mapping[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, settings)])
    finally:
        await admin.close()


async def actual(bootstrap: str, *names: str, created: Collection[str] = ()) -> dict[str, ActualTopic]:
    async with connected({"bootstrap_servers": bootstrap}) as cluster:
        return await cluster.topics(names, created)


async def created(bootstrap: str, *topics: DesiredTopic) -> list[str]:
    async with connected({"bootstrap_servers": bootstrap}) as cluster:
        return await cluster.create(topics)


def test_missing_topics_are_created_once(topics: Topics, prefix: str) -> None:
    names = {f"{prefix}{topic.name}" for topic in TOPICS} | {
        f"{prefix}attribution-{name}" for name in ("named-entries", "touches", "changelog")
    }
    assert states(topics("plan", "--json")) == dict.fromkeys(names, "missing")
    first, second = topics("apply", "--json"), topics("apply", "--json")
    assert states(first) == states(second) == dict.fromkeys(names, "fine")
    assert set(json.loads(first.stdout)["created"]) == names
    assert json.loads(second.stdout)["created"] == []
    assert (first.exit_code, second.exit_code) == (0, 0)


@pytest.mark.parametrize(
    ("name", "partitions", "settings"),
    [
        (
            "clicks",
            3,
            {"message.timestamp.type": "CreateTime", "retention.ms": KEPT, "cleanup.policy": "delete"},
        ),
        ("fulfilment", 3, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        ("governance", 1, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        ("ticks", 1, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        (
            "links",
            1,
            {"message.timestamp.type": "CreateTime", "retention.ms": "-1", "cleanup.policy": "delete"},
        ),
        ("commissions", 3, {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}),
        ("dead-letters", 3, {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}),
        ("shop-touches", 3, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        ("shop-named-entries", 3, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        ("shop-rekeyed-orders", 3, {"message.timestamp.type": "CreateTime", "retention.ms": KEPT}),
        ("shop-changelog", 3, {"cleanup.policy": "compact", "delete.retention.ms": KEPT}),
    ],
)
def test_topics_have_the_settings_of_their_kind(
    name: str, partitions: int, settings: dict[str, str], bootstrap: str, prefix: str
) -> None:
    kafka = Kafka(
        bootstrap=bootstrap, topic_prefix=prefix, application="shop", partitions=3, rekey=("orders",)
    )
    (desired,) = [each for each in desired_topics(kafka) if each.name == f"{prefix}{name}"]
    assert asyncio.run(created(bootstrap, desired)) == [desired.name]
    topic = asyncio.run(actual(bootstrap, desired.name, created=[desired.name]))[desired.name]
    assert (topic.partitions, topic.replication_factor) == (partitions, 1)
    assert settings.items() <= topic.settings.items()


def test_differences_are_reported_and_left_unchanged(topics: Topics, bootstrap: str, prefix: str) -> None:
    orders = f"{prefix}orders"
    asyncio.run(make(bootstrap, orders, 2, {"retention.ms": "60000"}))
    result = topics("apply")
    assert result.exit_code == 1
    assert f"{orders}  partitions is 2, should be 4" in result.stdout
    assert f"{orders}  retention.ms is 60000, should be at least {KEPT}" in result.stdout
    assert (
        f"kafka-configs --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {orders} "
        f"--add-config retention.ms={KEPT}\n" in result.stdout
    )
    assert "set kafka.partitions = 2" in result.stdout
    assert f"{ALL} topics: {ALL - 1} fine, 1 differs, 0 missing; {ALL - 1} created now" in result.stdout
    topic = asyncio.run(actual(bootstrap, orders))[orders]
    assert (topic.partitions, topic.settings["retention.ms"]) == (2, "60000")


def test_a_topic_is_fine_once_its_differences_are_corrected(
    topics: Topics, bootstrap: str, prefix: str
) -> None:
    asyncio.run(make(bootstrap, f"{prefix}decisions", 4, {"retention.ms": "60000"}))
    (differing,) = [
        each for each in json.loads(topics("apply", "--json").stdout)["topics"] if each["differences"]
    ]
    assert [each["what"] for each in differing["differences"]] == ["message.timestamp.type", "retention.ms"]
    settings = {each["what"]: each["wanted"] for each in differing["differences"]}
    asyncio.run(alter(bootstrap, differing["topic"], settings))
    deadline = monotonic() + DEADLINE_SECONDS
    while topics("apply").exit_code:
        assert monotonic() < deadline


@pytest.mark.parametrize("kept", ["-1", str(400 * DAY_MS)])
def test_more_retention_than_needed_is_fine(kept: str, topics: Topics, bootstrap: str, prefix: str) -> None:
    asyncio.run(make(bootstrap, f"{prefix}clicks", 4, {"retention.ms": kept}))
    assert states(topics("plan", "--json"))[f"{prefix}clicks"] == "fine"


def test_a_rekeyed_topic_may_have_any_number_of_partitions(
    topics: Topics, bootstrap: str, prefix: str
) -> None:
    asyncio.run(make(bootstrap, f"{prefix}clicks", 7, {"retention.ms": "-1"}))
    found = states(topics("plan", "--json", rekey="clicks"))
    assert found[f"{prefix}clicks"] == "fine"
    assert found[f"{prefix}attribution-rekeyed-clicks"] == "missing"
    assert states(topics("plan", "--json"))[f"{prefix}clicks"] == "differs"


def test_a_plan_changes_nothing(topics: Topics, bootstrap: str, prefix: str) -> None:
    result = topics("plan")
    assert result.exit_code == 0
    assert f"{ALL} topics: 0 fine, 0 differs, {ALL} missing" in result.stdout
    assert asyncio.run(actual(bootstrap, f"{prefix}clicks")) == {}


def test_a_topic_that_someone_else_just_created_is_no_error(bootstrap: str, prefix: str) -> None:
    desired = desired_topics(Kafka(bootstrap=bootstrap, topic_prefix=prefix))[0]
    assert asyncio.run(created(bootstrap, desired)) == [desired.name]
    assert asyncio.run(created(bootstrap, desired)) == []


def test_a_refusal_by_the_brokers_is_reported(topics: Topics, bootstrap: str) -> None:
    error: Any = topics("apply", replication_factor="99").exception
    assert error.exit_code == 69
    assert str(error).startswith(f"Kafka at {bootstrap}: topics could not be created: ")
    assert "replication factor of 99" in str(error)


def test_the_table_is_aligned(topics: Topics) -> None:
    lines = topics("plan").stdout.splitlines()
    table = lines[: lines.index("")]
    assert (
        len({line.index(word) for line, word in zip(table, ["state", *["missing"] * ALL], strict=True)}) == 1
    )


def test_the_admin_client_accepts_the_client_options(bootstrap: str) -> None:
    async def names() -> list[str]:
        async with connected(client_options(Kafka(bootstrap=bootstrap))) as cluster:
            return list(await cluster.topics(["no-such-topic"]))

    assert asyncio.run(names()) == []
