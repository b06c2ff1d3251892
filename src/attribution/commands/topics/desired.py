"""The desired topics and their settings."""

from collections.abc import Iterator
from typing import Final

from attribution.config.settings import Kafka
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.topics import KEEP_ALL, TOPICS, Topic
from attribution.domain.references.catalogue import horizon_ms
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.hosts.kafka.names import names_of
from attribution.hosts.kafka.task_topology import TaskTopology
from attribution.streams.clients.admin import DesiredTopic
from attribution.streams.names import Names

CLEANUP: Final = "cleanup.policy"
TIMESTAMPS: Final = "message.timestamp.type"
RETENTION: Final = "retention.ms"

_SPARE_DAYS: Final = 7
"""How long a topic keeps records beyond the horizon, because a worker may be down for that time."""


def desired_topics(kafka: Kafka) -> list[DesiredTopic]:
    """Return the contract's topics, then the internal ones."""
    names = names_of(kafka)
    return [*(_of_contract(topic, names, kafka) for topic in TOPICS), *_internal(names, kafka)]


def events_retention_ms() -> int:
    """Return how long topics with event time keep their records, in milliseconds.

    It is the horizon of the packaged policy in whole days, plus a week. Brokers delete by record timestamp,
    which is event time in these topics.

    >>> events_retention_ms() // DAY_MS
    45
    """
    days = -(-horizon_ms(DEFAULT_POLICY) // DAY_MS)
    return (days + _SPARE_DAYS) * DAY_MS


def _of_contract(topic: Topic, names: Names, kafka: Kafka) -> DesiredTopic:
    kept_ms = events_retention_ms() if topic.retention_ms is None else topic.retention_ms
    settings = _kept(kept_ms, topic.timestamp_type)
    if topic.role == "output":
        settings |= _durable(kafka)
    return DesiredTopic(
        names.topic(topic.name),
        topic.partitions or kafka.partitions,
        kafka.replication_factor,
        settings,
        any_partitions=topic.name in kafka.rekey,
    )


def _internal(names: Names, kafka: Kafka) -> Iterator[DesiredTopic]:
    for topic in TaskTopology(kafka.rekey).repartition_topics:
        settings = _kept(events_retention_ms(), "CreateTime") | _durable(kafka)
        yield DesiredTopic(names.internal(topic), kafka.partitions, kafka.replication_factor, settings)
    yield DesiredTopic(
        names.changelog, kafka.partitions, kafka.replication_factor, _compacted() | _durable(kafka)
    )


def _kept(retention_ms: int, timestamps: str) -> dict[str, str]:
    return {
        CLEANUP: "delete",
        TIMESTAMPS: timestamps,
        RETENTION: str(retention_ms),
        "retention.bytes": str(KEEP_ALL),
    }


def _compacted() -> dict[str, str]:
    """Keep deletions as long as events, so that a worker that was down does not miss them."""
    return {CLEANUP: "compact", TIMESTAMPS: "CreateTime", "delete.retention.ms": str(events_retention_ms())}


def _durable(kafka: Kafka) -> dict[str, str]:
    """Count a record as written once it is on two brokers, if there are three replicas."""
    return {"min.insync.replicas": "2" if kafka.replication_factor > 2 else "1"}
