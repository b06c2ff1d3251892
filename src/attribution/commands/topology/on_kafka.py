"""How the steps run on Kafka: tasks, names, internal topics, and the ACLs that a worker needs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from attribution.config.settings import Kafka
from attribution.domain.records.topics import READ, WRITTEN
from attribution.domain.steps.topology import (
    ATTRIBUTE,
    ENTRIES,
    READ_BY_PARTITION,
    READ_WHOLE,
    STITCH,
    TOUCHES,
    Repartition,
)
from attribution.hosts.kafka.names import AttributionNames, names_of


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A step of a task: it reads the task's partition of ``reads``, and all of ``reads_all_of``."""

    name: str
    key: str
    reads: tuple[str, ...]
    reads_all_of: tuple[str, ...]
    writes: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class Acl:
    """Permissions that a worker needs, in the terms of ``kafka-acls``."""

    resource: Literal["Topic", "TransactionalId", "Group", "Cluster"]
    pattern: Literal["literal", "prefixed"]
    operations: tuple[str, ...]
    names: tuple[str, ...]


class Deployment(msgspec.Struct, frozen=True, rename={"repartitions": "hops"}):
    """The steps and their topics, under their names on the broker."""

    bootstrap: str
    group: str
    tasks: int
    transactional_id: str
    changelog: str
    steps: tuple[TaskStep, ...]
    repartitions: tuple[Repartition, ...]
    acls: tuple[Acl, ...]


def deployment_of(kafka: Kafka) -> Deployment:
    """Return how the steps run on the Kafka of the settings."""
    names = names_of(kafka)
    return Deployment(
        bootstrap=kafka.bootstrap or "",
        group=names.group,
        tasks=kafka.partitions,
        transactional_id=f"{names.transactional_id(0).removesuffix('0')}<partition>",
        changelog=names.changelog,
        steps=(_route(names, kafka), _stitch(names, kafka), _attribute(names, kafka)),
        repartitions=tuple(_repartitions(names, kafka)),
        acls=tuple(_acls(names, kafka)),
    )


def _source(name: str, names: AttributionNames, kafka: Kafka) -> str:
    """Return the topic in which an input has the keys that tasks need."""
    return names.rekeyed(name) if name in kafka.rekey else names.topic(name)


def _route(names: AttributionNames, kafka: Kafka) -> TaskStep:
    return TaskStep(
        "route",
        "without state",
        tuple(dict.fromkeys((_source("room-entries", names, kafka), *map(names.topic, kafka.rekey)))),
        (),
        (names.entries_by_click_id, *map(names.rekeyed, kafka.rekey)),
        "gives records the key of the next step",
    )


def _stitch(names: AttributionNames, kafka: Kafka) -> TaskStep:
    reads = (_source("clicks", names, kafka), names.entries_by_click_id)
    return TaskStep(STITCH.name, f"by {STITCH.key}", reads, (), (names.touches,), STITCH.does)


def _attribute(names: AttributionNames, kafka: Kafka) -> TaskStep:
    return TaskStep(
        ATTRIBUTE.name,
        f"by {ATTRIBUTE.key}",
        (*(_source(name, names, kafka) for name in READ_BY_PARTITION), names.touches),
        tuple(map(names.topic, READ_WHOLE)),
        (*map(names.topic, ATTRIBUTE.writes), names.changelog),
        ATTRIBUTE.does,
    )


def _repartitions(names: AttributionNames, kafka: Kafka) -> Iterator[Repartition]:
    for name in kafka.rekey:
        why = f"kafka.rekey says that {name} are not keyed by buyer_id"
        yield Repartition(
            names.topic(name), names.rekeyed(name), "every record, keyed as in the contract", why
        )
    yield replace(
        ENTRIES,
        source=_source("room-entries", names, kafka),
        target=names.entries_by_click_id,
        carries=f"{ENTRIES.carries}, keyed by it",
    )
    yield replace(
        TOUCHES,
        source=_source("clicks", names, kafka),
        target=names.touches,
        carries=f"{TOUCHES.carries}, keyed by buyer_id",
    )


def _acls(names: AttributionNames, kafka: Kafka) -> Iterator[Acl]:
    internal = (names.entries_by_click_id, names.touches, *map(names.rekeyed, kafka.rekey), names.changelog)
    yield Acl(
        "Topic", "literal", ("Read", "DescribeConfigs"), tuple(names.topic(topic.name) for topic in READ)
    )
    # The worker with task 0 writes the ticks.
    yield Acl(
        "Topic",
        "literal",
        ("Write", "DescribeConfigs"),
        tuple(names.topic(name) for name in (*_written(), "ticks")),
    )
    yield Acl("Topic", "literal", ("Read", "Write", "DescribeConfigs"), internal)
    yield Acl(
        "TransactionalId", "prefixed", ("Write", "Describe"), (names.transactional_id(0).removesuffix("0"),)
    )
    yield Acl("Group", "literal", ("Read",), (names.group,))
    yield Acl("Cluster", "literal", ("IdempotentWrite",), ("kafka-cluster",))


def _written() -> tuple[str, ...]:
    return tuple(topic.name for topic in WRITTEN)
