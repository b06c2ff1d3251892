"""The task context: everything that the tasks of a worker share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from attribution.engine.stores.store import Store
from attribution.streams.names import Names
from attribution.streams.task.job import Job
from attribution.streams.task.transaction import Transactions


@dataclass(frozen=True)
class TaskContext:
    """The names, connection and limits that tasks share.

    ``partitions`` is the number of tasks, and ``job`` defines their work. ``open_store`` opens the store of a
    task, given its partition and the number of tasks. ``open_reader`` opens the consumer for its global
    topics and its restore. ``open_transactions`` opens its producer, given its transactional id.
    """

    names: Names
    options: Mapping[str, Any]
    partitions: int
    job: Job
    open_store: Callable[[int, int], Store]
    open_reader: Callable[[], AIOKafkaConsumer]
    open_transactions: Callable[[str], Transactions]
    step_records: int
    commit_interval: float

    def read_by_partition(self) -> list[str]:
        """Return all topics of which a task reads its own partition."""
        return [*self.job.direct, *self.job.repartition_topics]

    def on_broker(self, topic: str) -> str:
        """Return the name of a topic on the broker."""
        is_internal = topic in self.job.repartition_topics
        return self.names.internal(topic) if is_internal else self.names.topic(topic)

    def places(self, partition: int) -> dict[str, TopicPartition]:
        """Return, by topic that a task reads, its topic partition on the broker."""
        own = {name: TopicPartition(self.on_broker(name), partition) for name in self.read_by_partition()}
        return own | {name: TopicPartition(self.on_broker(name), 0) for name in self.job.global_topics}
