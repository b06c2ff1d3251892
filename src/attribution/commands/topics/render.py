"""The comparison for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from attribution.commands.topics.desired import CLEANUP, RETENTION, TIMESTAMPS, Wanted
from attribution.commands.topics.diff import PARTITIONS, REPLICATION, Compared, State
from attribution.config.settings import Kafka
from attribution.domain.records.fields import DAY_MS

_HEAD: Final = ("topic", "partitions", "cleanup", "timestamps", "retention", "state")
_STATES: Final[tuple[State, ...]] = ("fine", "differs", "missing")


def text_of(compared: Sequence[Compared], created: Sequence[str], kafka: Kafka) -> str:
    """Return a table of the topics as they should be, what differs, and what to do about it."""
    rows = [_HEAD, *(_row(each, created) for each in compared)]
    return "\n".join([*_aligned(rows), "", *_trouble(compared, kafka), _counts(compared, created)])


def json_of(compared: Sequence[Compared], created: Sequence[str], kafka: Kafka) -> str:
    """Return the comparison as JSON."""
    states = Counter(each.state for each in compared)
    told = {
        "topics": [_told(each, kafka) for each in compared],
        "counts": {state: states[state] for state in _STATES},
        "created": list(created),
    }
    return msgspec.json.format(msgspec.json.encode(told)).decode()


def _told(compared: Compared, kafka: Kafka) -> dict[str, Any]:
    return {
        "topic": compared.wanted.name,
        "state": compared.state,
        "partitions": compared.wanted.partitions,
        "replication_factor": compared.wanted.replication_factor,
        "settings": dict(compared.wanted.settings),
        "differences": [each._asdict() for each in compared.differences],
        "to_do": list(_to_do(compared, kafka)),
    }


def _row(compared: Compared, created: Sequence[str]) -> tuple[str, ...]:
    wanted = compared.wanted
    return (
        wanted.name,
        "any" if wanted.any_partitions else str(wanted.partitions),
        wanted.settings[CLEANUP],
        wanted.settings[TIMESTAMPS],
        _retention(wanted),
        "created" if wanted.name in created and compared.state == "fine" else compared.state,
    )


def _retention(wanted: Wanted) -> str:
    """How long records are kept.

    >>> _retention(Wanted("clicks", 4, 1, {RETENTION: str(45 * DAY_MS)}))
    '45 days'
    """
    kept = int(wanted.settings.get(RETENTION, "-1"))
    return "all" if kept < 0 else f"{kept // DAY_MS} days"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _trouble(compared: Sequence[Compared], kafka: Kafka) -> Iterator[str]:
    differ = [each for each in compared if each.differences]
    if differ:
        yield "What differs"
        rows = [(each.wanted.name, difference.text) for each in differ for difference in each.differences]
        yield from (f"  {line}" for line in _aligned(rows))
        yield "What to do"
        # Many topics often have one remedy.
        yield from dict.fromkeys(f"  {line}" for each in differ for line in _to_do(each, kafka))
        yield ""


def _to_do(compared: Compared, kafka: Kafka) -> Iterator[str]:
    name = compared.wanted.name
    settings = [f"{each.what}={each.wanted}" for each in compared.differences if each.is_setting]
    if settings:
        yield (
            f"kafka-configs --bootstrap-server {kafka.bootstrap}{_credentials(kafka)} --alter --entity-type topics "
            f"--entity-name {name} --add-config {','.join(settings)}"
        )
    kinds = {each.what for each in compared.differences}
    if PARTITIONS in kinds:
        yield (
            "more partitions move keys, and fewer are impossible: copy the records to a new topic"
            + _other_count(compared, kafka)
        )
    if REPLICATION in kinds:
        yield "give the topics more replicas with kafka-reassign-partitions, or set kafka.replication_factor"


def _other_count(compared: Compared, kafka: Kafka) -> str:
    """Partitions of topics that are read together can be what those there are have."""
    standing = compared.standing
    if standing is None or compared.wanted.partitions != kafka.partitions:
        return ""
    return (
        f", or set kafka.partitions = {standing.partitions} if all topics that are read together have so many"
    )


def _credentials(kafka: Kafka) -> str:
    return "" if kafka.security_protocol == "PLAINTEXT" else " --command-config client.properties"


def _counts(compared: Sequence[Compared], created: Sequence[str]) -> str:
    states = Counter(each.state for each in compared)
    counts = ", ".join(f"{states[state]} {state}" for state in _STATES)
    return f"{len(compared)} topics: {counts}" + (f"; {len(created)} created now" if created else "")
