"""Renders a diff as text and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from attribution.commands.topics.desired import CLEANUP, RETENTION, TIMESTAMPS
from attribution.commands.topics.diff import PARTITIONS, REPLICATION, State, TopicDiff
from attribution.config.settings import Kafka
from attribution.domain.records.fields import DAY_MS
from attribution.streams.clients.admin import DesiredTopic

_HEAD: Final = ("topic", "partitions", "cleanup", "timestamps", "retention", "state")
_STATES: Final[tuple[State, ...]] = ("fine", "differs", "missing")


def text_of(diffs: Sequence[TopicDiff], created: Sequence[str], kafka: Kafka) -> str:
    """Return a table of the desired topics, what differs, and what to do about it."""
    rows = [_HEAD, *(_row(each, created) for each in diffs)]
    return "\n".join([*_aligned(rows), "", *_trouble(diffs, kafka), _counts(diffs, created)])


def json_of(diffs: Sequence[TopicDiff], created: Sequence[str], kafka: Kafka) -> str:
    """Return a diff as JSON."""
    states = Counter(each.state for each in diffs)
    fields = {
        "topics": [_json_fields(each, kafka) for each in diffs],
        "counts": {state: states[state] for state in _STATES},
        "created": list(created),
    }
    return msgspec.json.format(msgspec.json.encode(fields)).decode()


def _json_fields(diff: TopicDiff, kafka: Kafka) -> dict[str, Any]:
    return {
        "topic": diff.desired.name,
        "state": diff.state,
        "partitions": diff.desired.partitions,
        "replication_factor": diff.desired.replication_factor,
        "settings": dict(diff.desired.settings),
        "differences": [
            {"what": each.what, "standing": each.actual, "wanted": each.desired} for each in diff.differences
        ],
        "to_do": list(_to_do(diff, kafka)),
    }


def _row(diff: TopicDiff, created: Sequence[str]) -> tuple[str, ...]:
    desired = diff.desired
    return (
        desired.name,
        "any" if desired.any_partitions else str(desired.partitions),
        desired.settings[CLEANUP],
        desired.settings[TIMESTAMPS],
        _retention(desired),
        "created" if desired.name in created and diff.state == "fine" else diff.state,
    )


def _retention(desired: DesiredTopic) -> str:
    """Return how long records are kept.

    >>> _retention(DesiredTopic("clicks", 4, 1, {RETENTION: str(45 * DAY_MS)}))
    '45 days'
    """
    kept = int(desired.settings.get(RETENTION, "-1"))
    return "all" if kept < 0 else f"{kept // DAY_MS} days"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _trouble(diffs: Sequence[TopicDiff], kafka: Kafka) -> Iterator[str]:
    differ = [each for each in diffs if each.differences]
    if differ:
        yield "What differs"
        rows = [(each.desired.name, difference.text) for each in differ for difference in each.differences]
        yield from (f"  {line}" for line in _aligned(rows))
        yield "What to do"
        # Many topics often need the same remedy.
        yield from dict.fromkeys(f"  {line}" for each in differ for line in _to_do(each, kafka))
        yield ""


def _to_do(diff: TopicDiff, kafka: Kafka) -> Iterator[str]:
    name = diff.desired.name
    settings = [f"{each.what}={each.desired}" for each in diff.differences if each.is_setting]
    if settings:
        yield (
            f"kafka-configs --bootstrap-server {kafka.bootstrap}{_credentials(kafka)} --alter --entity-type topics "
            f"--entity-name {name} --add-config {','.join(settings)}"
        )
    kinds = {each.what for each in diff.differences}
    if PARTITIONS in kinds:
        yield (
            "more partitions would move keys, and fewer are not possible: copy the records to a new topic"
            + _other_count(diff, kafka)
        )
    if REPLICATION in kinds:
        yield "give the topics more replicas with kafka-reassign-partitions, or set kafka.replication_factor"


def _other_count(diff: TopicDiff, kafka: Kafka) -> str:
    """Return the other remedy: set the partition count that the existing topics have."""
    actual = diff.actual
    if actual is None or diff.desired.partitions != kafka.partitions:
        return ""
    return (
        f", or set kafka.partitions = {actual.partitions} if all topics that are read together have that many"
    )


def _credentials(kafka: Kafka) -> str:
    return "" if kafka.security_protocol == "PLAINTEXT" else " --command-config client.properties"


def _counts(diffs: Sequence[TopicDiff], created: Sequence[str]) -> str:
    states = Counter(each.state for each in diffs)
    counts = ", ".join(f"{states[state]} {state}" for state in _STATES)
    return f"{len(diffs)} topics: {counts}" + (f"; {len(created)} created now" if created else "")
