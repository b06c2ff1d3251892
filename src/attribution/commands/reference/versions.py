"""Stored reference records by topic, id and effective_from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from attribution.domain.records.reference import Reference
from attribution.domain.records.topics import BY_NAME

VersionKey: TypeAlias = tuple[str, str, int]
"""Topic, id, effective_from."""


def id_field(topic: str) -> str:
    """Return the name of the id field of a reference topic.

    >>> id_field("policies")
    'policy_id'
    """
    return BY_NAME[topic].key.partition(">")[0].removeprefix("<")


@dataclass(frozen=True, slots=True)
class Stored:
    """A reference record, its topic, and its record timestamp in ms."""

    topic: str
    record: Reference
    timestamp: int

    @property
    def id(self) -> str:
        """Return the id, such as a link_id."""
        return str(getattr(self.record, id_field(self.topic)))

    @property
    def version(self) -> VersionKey:
        """Return the version: topic, id, effective_from."""
        return self.topic, self.id, self.record.effective_from

    @property
    def key(self) -> str:
        """Return the record key."""
        return f"{self.id}@{self.record.effective_from}"

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields by their names in JSON, without absent ones."""
        return dict(msgspec.to_builtins(self.record))


class Timelines:
    """All versions of all ids. Of several records with one key, the latest record timestamp wins."""

    def __init__(self, stored: Iterable[Stored]) -> None:
        self._timelines: dict[tuple[str, str], dict[int, Stored]] = {}
        for one in stored:
            timeline = self._timelines.setdefault((one.topic, one.id), {})
            standing = timeline.get(one.record.effective_from)
            if standing is None or one.timestamp >= standing.timestamp:
                timeline[one.record.effective_from] = one

    def get(self, version: VersionKey) -> Stored | None:
        """Return the record of a version, if there is one."""
        topic, identity, effective_from = version
        return self._timelines.get((topic, identity), {}).get(effective_from)

    def of(self, topic: str, identity: str) -> list[Stored]:
        """Return the versions of one id, ordered by effective_from."""
        return [one for _, one in sorted(self._timelines.get((topic, identity), {}).items())]

    def in_force(self, topic: str, identity: str, at: int) -> Stored | None:
        """Return the version of an id that is in force at a time (ms), if there is one."""
        begun = [one for one in self.of(topic, identity) if one.record.effective_from <= at]
        return begun[-1] if begun else None
