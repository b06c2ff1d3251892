"""The topic catalogue as a file: which topics to create on a broker, and the purpose of each."""

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
    """Return one row per topic, in the catalogue's order.

    ``retention_ms`` is -1 if everything is kept, and null if records are kept as far back as touches are
    needed. ``partitions`` is null if the deployment decides. ``rank`` is null for outputs.
    """
    return [_row(topic) for topic in TOPICS]


def _row(topic: Topic) -> dict[str, Any]:
    return {column: getattr(topic, column) for column in COLUMNS}
