"""A deployment: everything that the tasks of a worker have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import TopicPartition

from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import READ
from attribution.engine.store import Store
from attribution.hosts.kafka.names import Names
from attribution.hosts.kafka.task_pipeline import BROADCAST, NAMED_ENTRIES, TOUCHES
from attribution.hosts.pipeline.pipeline import Limits
from attribution.hosts.pipeline.state import Keeping

REKEYABLE: Final = ("clicks", "room-entries", "orders")
_BY_PARTITION: Final = tuple(topic.name for topic in READ if topic.name not in BROADCAST)


@dataclass(frozen=True)
class Deployment:
    """Names, connection, limits.

    ``partitions`` is the number of tasks; ``rekeyed`` are the input topics that are not keyed by buyer_id;
    ``open_store`` opens the store of a task.
    """

    names: Names
    options: Mapping[str, Any]
    partitions: int
    rekeyed: frozenset[str]
    default_policy: Policy
    limits: Limits
    keeping: Keeping
    open_store: Callable[[int], Store]
    step_records: int
    commit_interval: float
    transaction_timeout_ms: int

    def direct(self) -> list[str]:
        """Return the input topics that a task reads its own partition of, as they are."""
        return [name for name in _BY_PARTITION if name not in self.rekeyed]

    def hops(self) -> list[str]:
        """Return the internal topics that a task reads its own partition of."""
        return [NAMED_ENTRIES, TOUCHES, *(f"rekeyed-{name}" for name in REKEYABLE if name in self.rekeyed)]

    def read_by_partition(self) -> list[str]:
        """Return all topics that a task reads its own partition of."""
        return [*_BY_PARTITION, *self.hops()]

    def on_broker(self, topic: str) -> str:
        """Return what a topic is called on the broker."""
        if topic == NAMED_ENTRIES:
            return self.names.named_entries
        if topic == TOUCHES:
            return self.names.touches
        if topic.startswith("rekeyed-"):
            return self.names.rekeyed(topic.removeprefix("rekeyed-"))
        return self.names.topic(topic)

    def places(self, partition: int) -> dict[str, TopicPartition]:
        """Return where each topic that a task reads lies on the broker."""
        own = {name: TopicPartition(self.on_broker(name), partition) for name in self.read_by_partition()}
        return own | {name: TopicPartition(self.on_broker(name), 0) for name in sorted(BROADCAST)}
