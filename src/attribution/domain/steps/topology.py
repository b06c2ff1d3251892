"""The topology: the steps, what each reads and how, its key, and what it writes.

This is the one place that says so. Both hosts, the restore, ``attribution topology``, its ACLs, the list of
topics and the tests read it through ``declared``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from attribution.domain.records.topics import READ
from attribution.domain.steps.messages import EntryByClickId, ForwardedClick, Message, entry_by_click_id
from attribution.domain.steps.ports import Received

Route = Callable[[int, Any, Received], Message | None]
"""Takes a task, an event, and the event as received. Returns the message for a step, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repartition:
    """Records that reach a step under another key, through a topic of their own on Kafka."""

    topic: str
    """Its name, without the application's."""
    source: str
    """The input topic or the step that the records come from."""
    key: str
    """The field that is their key."""
    message: type[Message]
    """Their type."""
    carries: str
    why: str
    route: Route | None = None
    """Makes a message of a record of an input topic; None if ``source`` is a step, which sends messages itself."""
    route_step: str = ""
    """The step without state that applies ``route``, by its name in checkpoints."""
    is_restored: bool = False
    """Whether a restarted task reads it again, because what follows from it is in no changelog."""

    @property
    def writer(self) -> str:
        """The step that writes the topic."""
        return self.source if self.route is None else self.route_step or f"route {self.topic}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of an input topic that a step reads as it is, because it has the step's key already."""

    source: str
    carries: str
    why: str
    selects: Callable[[Any], bool]
    """Returns whether an event belongs to the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShape:
    """A step: its key, what it reads and how, what it writes, and what it does."""

    name: str
    """Its name in checkpoints, metrics and agents."""
    title: str
    key: str
    """The field that is the key of its state and its records."""
    by_key: tuple[str, ...]
    """Input topics of which a task reads its own partition."""
    whole: tuple[str, ...]
    """Input topics that every task reads whole."""
    through: tuple[Repartition, ...]
    writes: tuple[str, ...]
    """Output topics."""
    does: str
    restores: tuple[str, ...] = ()
    """The topics of ``by_key`` that a restarted task reads again."""
    selections: tuple[Selection, ...] = ()
    """Of which topics of ``by_key`` it reads only a part."""

    @property
    def selected(self) -> Mapping[str, Callable[[Any], bool]]:
        """By topic of which the step reads only a part: what selects its events."""
        return {one.source: one.selects for one in self.selections}

    @property
    def reads(self) -> tuple[str, ...]:
        """The input topics whose records reach the step, in the total order."""
        return _in_order({*self.by_key, *self.whole, *(one.source for one in self.through)})


@dataclass(frozen=True, slots=True)
class Topology:
    """The steps, in the order in which records pass through them."""

    steps: tuple[StepShape, ...]

    def __post_init__(self) -> None:
        """Check that names are unique, and that a step writes at most one repartition topic.

        Raises:
            ValueError: they are not, or it writes more.
        """
        topics = [one.topic for one in self.repartitions]
        steps = [step.name for step in self.steps] + [one.writer for one in self.repartitions if one.route]
        writers = [one.writer for one in self.repartitions]
        for what, names in (("repartition topic", topics), ("step", steps), ("writer", writers)):
            for name in {name for name in names if names.count(name) > 1}:
                raise ValueError(f"{name} stands twice as a {what}: see domain/steps/topology.py")

    @property
    def repartitions(self) -> tuple[Repartition, ...]:
        """All repartition topics, those of earlier steps first."""
        return tuple(one for step in self.steps for one in step.through)

    @property
    def by_partition(self) -> tuple[str, ...]:
        """The input topics of which each task reads its own partition."""
        read = {name for step in self.steps for name in step.by_key}
        return _in_order(read | {one.source for one in self.repartitions if one.route is not None})

    @property
    def whole(self) -> tuple[str, ...]:
        """The topics that every task reads whole: reference records, governance, ticks."""
        return _in_order(name for step in self.steps for name in step.whole)

    @property
    def reads(self) -> tuple[str, ...]:
        """The input topics, in the total order."""
        return _in_order({*self.by_partition, *self.whole})

    @property
    def writes(self) -> tuple[str, ...]:
        """The output topics."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.writes))


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(topic.name for topic in READ if topic.name in wanted)


ENTRIES: Final = Repartition(
    topic="named-entries",
    source="room-entries",
    key="click_id",
    message=EntryByClickId,
    carries="entries that name a click_id",
    why="they are keyed by buyer_id, but the click they name is keyed by click_id",
    route=entry_by_click_id,
    route_step="route",
)
TOUCHES: Final = Repartition(
    topic="touches",
    source="stitch",
    key="buyer_id",
    message=ForwardedClick,
    carries="anonymous clicks, once for each buyer whose entry names them",
    why="a buyer's touches and orders are kept in one place",
    is_restored=True,
)
STITCH: Final = StepShape(
    name="stitch",
    title="stitch",
    key="click_id",
    by_key=("clicks",),
    whole=(),
    through=(ENTRIES,),
    writes=(),
    does="joins anonymous clicks with the room entries that name them",
    selections=(
        Selection(
            "clicks",
            "clicks without buyer_id",
            "they are keyed by click_id: their buyer is not known yet",
            lambda click: click.buyer_id is None,
        ),
    ),
)
ATTRIBUTE: Final = StepShape(
    name="attribute",
    title="attribute and commission",
    key="buyer_id",
    by_key=tuple(topic.name for topic in READ if topic.partitions is None),
    whole=tuple(topic.name for topic in READ if topic.partitions == 1),
    through=(TOUCHES,),
    writes=("decisions", "commissions", "dead-letters"),
    does="decides which link drove an order, and posts what is owed",
    restores=("clicks", "room-entries"),
)
DECLARED: Final = Topology((STITCH, ATTRIBUTE))


def declared() -> Topology:
    """Return the topology of this program."""
    return DECLARED
