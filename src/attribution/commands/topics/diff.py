"""Topics as they are against what they should be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from attribution.commands.topics.desired import Wanted
from attribution.streams.clients.admin import Standing

PARTITIONS: Final = "partitions"
REPLICATION: Final = "replication.factor"

_AT_LEAST: Final = frozenset(
    {"retention.ms", "retention.bytes", "delete.retention.ms", "min.insync.replicas", REPLICATION}
)
"""More of it does no harm."""
_ENDLESS: Final = "-1"
_MAY_BE_ENDLESS: Final = frozenset({"retention.ms", "retention.bytes"})

State: TypeAlias = Literal["fine", "differs", "missing"]


class Difference(NamedTuple):
    """Something about a topic that is not as it should be; ``standing`` is None where the broker does not know it."""

    what: str
    standing: str | None
    wanted: str

    @property
    def is_setting(self) -> bool:
        """Whether an operator can set it on a topic that there is."""
        return self.what not in {PARTITIONS, REPLICATION}

    @property
    def text(self) -> str:
        """What it is and should be."""
        bound = "at least " if self.what in _AT_LEAST and self.wanted != _ENDLESS else ""
        return f"{self.what} is {self.standing}, should be {bound}{self.wanted}"


@dataclass(frozen=True, slots=True)
class Compared:
    """A topic that there should be, the one that there is, and how they differ."""

    wanted: Wanted
    standing: Standing | None
    differences: tuple[Difference, ...]

    @property
    def state(self) -> State:
        """What to say of it in a word."""
        if self.standing is None:
            return "missing"
        return "differs" if self.differences else "fine"


def compare(wanted: Iterable[Wanted], standing: Mapping[str, Standing]) -> list[Compared]:
    """Compare each topic that there should be with the one of its name."""
    return [_compared(each, standing.get(each.name)) for each in wanted]


def _compared(wanted: Wanted, standing: Standing | None) -> Compared:
    differences = _differences(wanted, standing) if standing else ()
    return Compared(wanted, standing, tuple(differences))


def _differences(wanted: Wanted, standing: Standing) -> Iterator[Difference]:
    is_like = {REPLICATION: str(standing.replication_factor), **standing.settings}
    should_be = {REPLICATION: str(wanted.replication_factor), **wanted.settings}
    if not wanted.any_partitions and standing.partitions != wanted.partitions:
        yield Difference(PARTITIONS, str(standing.partitions), str(wanted.partitions))
    for what, value in should_be.items():
        if not _will_do(what, is_like.get(what), value):
            yield Difference(what, is_like.get(what), value)


def _will_do(what: str, standing: str | None, wanted: str) -> bool:
    """Whether a value is the one wanted, or more where more does no harm.

    >>> _will_do("retention.ms", "-1", "3888000000"), _will_do("retention.ms", "604800000", "-1")
    (True, False)
    """
    if standing is None or standing == wanted or what not in _AT_LEAST:
        return standing == wanted
    if what in _MAY_BE_ENDLESS and _ENDLESS in {standing, wanted}:
        return standing == _ENDLESS
    return int(standing) >= int(wanted)
