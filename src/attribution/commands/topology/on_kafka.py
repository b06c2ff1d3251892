"""How the steps run on Kafka: tasks, names, internal topics, and the ACLs that a worker needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from attribution.config.settings import Kafka
from attribution.domain.steps.topology import ATTRIBUTE, Repartition
from attribution.hosts.kafka.names import names_of
from attribution.hosts.kafka.repartition import rekeyed
from attribution.hosts.kafka.task_topology import ROUTE, TaskTopology
from attribution.streams.names import Names


@dataclass(frozen=True, slots=True)
class PrintedStep:
    """A step of a task: it reads the task's partition of ``reads``, and all of ``reads_all_of``."""

    name: str
    key: str
    reads: tuple[str, ...]
    reads_all_of: tuple[str, ...]
    writes: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class PrintedRepartition:
    """Records that get another key: from where to where, which, and why."""

    source: str
    target: str
    carries: str
    why: str


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
    steps: tuple[PrintedStep, ...]
    repartitions: tuple[PrintedRepartition, ...]
    acls: tuple[Acl, ...]


def deployment_of(kafka: Kafka) -> Deployment:
    """Return how the steps run on the Kafka of the settings."""
    names = names_of(kafka)
    on = _OnBroker(names, TaskTopology(kafka.rekey))
    return Deployment(
        bootstrap=kafka.bootstrap or "",
        group=names.group,
        tasks=kafka.partitions,
        transactional_id=f"{names.transactional_id(0).removesuffix('0')}<partition>",
        changelog=names.changelog,
        steps=tuple(on.steps()),
        repartitions=tuple(on.repartitions()),
        acls=tuple(on.acls()),
    )


class _OnBroker:
    """The topology of a task under the names of a broker."""

    def __init__(self, names: Names, topology: TaskTopology) -> None:
        self._names = names
        self._topology = topology

    def steps(self) -> Iterator[PrintedStep]:
        """Yield the steps; those without state are one."""
        routing = [step for step in self._topology.steps if step.agent == ROUTE]
        reads = dict.fromkeys(topic for step in routing for topic in (*step.direct, *step.through))
        targets = dict.fromkeys(step.target for step in routing if step.target)
        does = "gives records the key of the next step"
        yield PrintedStep(ROUTE, "without state", self._all(reads), (), self._all(targets), does)
        for step in self._topology.steps:
            if step.shape is not None:
                writes = self._all([*filter(None, (step.target,)), *step.shape.writes])
                yield PrintedStep(
                    step.shape.title,
                    f"by {step.shape.key}",
                    self._all([*map(self._topology.source, step.shape.by_key), *_topics(step.shape.through)]),
                    self._all(step.shape.whole),
                    (*writes, self._names.changelog) if step.shape.name == ATTRIBUTE.name else writes,
                    step.shape.does,
                )

    def repartitions(self) -> Iterator[PrintedRepartition]:
        """Yield the repartition topics."""
        for name in self._topology.rekey:
            yield PrintedRepartition(
                self._name(name),
                self._name(rekeyed(name)),
                "every record, keyed as in the contract",
                f"kafka.rekey says that {name} are not keyed by buyer_id",
            )
        for one in self._topology.declared.repartitions:
            keyed = "keyed by it" if one.carries.endswith(one.key) else f"keyed by {one.key}"
            source = self._name(self._topology.source(self._input_of(one)))
            yield PrintedRepartition(source, self._name(one.topic), f"{one.carries}, {keyed}", one.why)

    def acls(self) -> Iterator[Acl]:
        """Yield the permissions that a worker needs."""
        names, declared = self._names, self._topology.declared
        internal = (*self._all(self._topology.repartition_topics), names.changelog)
        yield Acl("Topic", "literal", ("Read", "DescribeConfigs"), self._all(declared.reads))
        # The worker with task 0 writes the ticks.
        written = self._all((*declared.writes, "ticks"))
        yield Acl("Topic", "literal", ("Write", "DescribeConfigs"), written)
        yield Acl("Topic", "literal", ("Read", "Write", "DescribeConfigs"), internal)
        ids = names.transactional_id(0).removesuffix("0")
        yield Acl("TransactionalId", "prefixed", ("Write", "Describe"), (ids,))
        yield Acl("Group", "literal", ("Read",), (names.group,))
        yield Acl("Cluster", "literal", ("IdempotentWrite",), ("kafka-cluster",))

    def _input_of(self, one: Repartition) -> str:
        """Return the input topic that the records of a repartition topic come from."""
        steps = {step.name: step for step in self._topology.declared.steps}
        return steps[one.source].by_key[0] if one.source in steps else one.source

    def _all(self, topics: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._name, topics))

    def _name(self, topic: str) -> str:
        is_internal = topic in self._topology.repartition_topics
        return self._names.internal(topic) if is_internal else self._names.topic(topic)


def _topics(repartitions: Iterable[Repartition]) -> list[str]:
    return [one.topic for one in repartitions]
