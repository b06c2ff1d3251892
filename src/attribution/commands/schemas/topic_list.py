"""The topic catalogue as a file: what to create on a broker, and what each topic is for."""

from typing import Any, Final

from attribution.domain.records.topics import TOPICS, Topic

COLUMNS: Final = (
    "name",
    "role",
    "key",
    "rank",
    "partitions",
    "retention_ms",
    "cleanup_policy",
    "timestamp_type",
    "meaning",
)


def catalogue() -> list[dict[str, Any]]:
    """One row a topic, in the catalogue's order.

    ``retention_ms`` is -1 for "everything" and null for "as far back as touches are needed"; ``partitions`` is null
    where the deployment decides; ``rank`` is null for outputs.
    """
    return [_row(topic) for topic in TOPICS]


def _row(topic: Topic) -> dict[str, Any]:
    return {column: getattr(topic, column) for column in COLUMNS}
