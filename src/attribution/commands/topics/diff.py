"""Compares the actual topics with the desired ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from attribution.streams.clients.admin import ActualTopic, DesiredTopic

PARTITIONS: Final = "partitions"
REPLICATION: Final = "replication.factor"

_AT_LEAST: Final = frozenset(
    {"retention.ms", "retention.bytes", "delete.retention.ms", "min.insync.replicas", REPLICATION}
)
"""Settings for which a higher value does no harm."""
_ENDLESS: Final = "-1"
_MAY_BE_ENDLESS: Final = frozenset({"retention.ms", "retention.bytes"})

State: TypeAlias = Literal["fine", "differs", "missing"]


class Difference(NamedTuple):
    """A property of a topic that differs; ``actual`` is None if the broker does not know it."""

    what: str
    actual: str | None
    desired: str

    @property
    def is_setting(self) -> bool:
        """Whether an operator can set it on an existing topic."""
        return self.what not in {PARTITIONS, REPLICATION}

    @property
    def text(self) -> str:
        """The actual and the desired value, as text."""
        bound = "at least " if self.what in _AT_LEAST and self.desired != _ENDLESS else ""
        return f"{self.what} is {self.actual}, should be {bound}{self.desired}"


@dataclass(frozen=True, slots=True)
class TopicDiff:
    """A desired topic, the actual topic, and how they differ."""

    desired: DesiredTopic
    actual: ActualTopic | None
    differences: tuple[Difference, ...]

    @property
    def state(self) -> State:
        """The result of the diff."""
        if self.actual is None:
            return "missing"
        return "differs" if self.differences else "fine"


def diff_topics(desired: Iterable[DesiredTopic], actual: Mapping[str, ActualTopic]) -> list[TopicDiff]:
    """Compare each desired topic with the actual topic of the same name."""
    return [_diff(each, actual.get(each.name)) for each in desired]


def _diff(desired: DesiredTopic, actual: ActualTopic | None) -> TopicDiff:
    differences = _differences(desired, actual) if actual else ()
    return TopicDiff(desired, actual, tuple(differences))


def _differences(desired: DesiredTopic, actual: ActualTopic) -> Iterator[Difference]:
    is_like = {REPLICATION: str(actual.replication_factor), **actual.settings}
    should_be = {REPLICATION: str(desired.replication_factor), **desired.settings}
    if not desired.any_partitions and actual.partitions != desired.partitions:
        yield Difference(PARTITIONS, str(actual.partitions), str(desired.partitions))
    for what, value in should_be.items():
        if not _will_do(what, is_like.get(what), value):
            yield Difference(what, is_like.get(what), value)


def _will_do(what: str, actual: str | None, desired: str) -> bool:
    """Return whether a value is the desired one, or a higher one that does no harm.

    >>> _will_do("retention.ms", "-1", "3888000000"), _will_do("retention.ms", "604800000", "-1")
    (True, False)
    """
    if actual is None or actual == desired or what not in _AT_LEAST:
        return actual == desired
    if what in _MAY_BE_ENDLESS and _ENDLESS in {actual, desired}:
        return actual == _ENDLESS
    return int(actual) >= int(desired)
