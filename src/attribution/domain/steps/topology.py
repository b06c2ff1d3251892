"""The topology: the steps, what each reads and how, its key, and what it writes.

This is the one place that says so. Both hosts, the restore, ``attribution topology``, its ACLs, the list of
topics and the tests read it through ``declared``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from attribution.domain.records.topics import READ
from attribution.domain.steps.messages import EntryByClickId, ForwardedClick, Message, entry_by_click_id
from attribution.domain.steps.ports import Received

Route = Callable[[int, Any, Received], Message | None]
"""Takes a task, an event, and the event as received. Returns the message for a step, or None."""


@dataclass(frozen=True, slots=True)
class Repartition:
    """Records that reach a step under another key, through a topic of their own on Kafka.

    ``topic`` is its name. ``source`` is the input topic or the step that the records come from. ``key`` is
    the field that is their key. ``message`` is their type. ``writer`` is the step that writes the topic:
    ``source``, or a step without state that applies ``route`` to an input topic. With ``is_restored`` a
    restarted task reads it again, because what follows from it is in no changelog.
    """

    topic: str
    source: str
    key: str
    message: type[Message]
    carries: str
    why: str
    writer: str
    route: Route | None = None
    is_restored: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of an input topic that a step reads as it is, because it has the step's key already."""

    source: str
    carries: str
    why: str


@dataclass(frozen=True, slots=True)
class StepShape:
    """A step: the key of its state and records, what it reads and how, what it writes, and what it does.

    ``name`` stands in checkpoints. ``by_key`` are input topics of which a task reads its own partition,
    ``whole`` those of which it reads everything, ``through`` the repartition topics. ``restores`` are the
    topics of ``by_key`` that a restarted task reads again. ``selections`` say of which topics of ``by_key``
    the step reads a part.
    """

    name: str
    title: str
    key: str
    by_key: tuple[str, ...]
    whole: tuple[str, ...]
    through: tuple[Repartition, ...]
    writes: tuple[str, ...]
    does: str
    restores: tuple[str, ...] = ()
    selections: tuple[Selection, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The input topics whose records reach the step, in the total order."""
        return _in_order({*self.by_key, *self.whole, *(one.source for one in self.through)})


@dataclass(frozen=True, slots=True)
class Topology:
    """The steps, in the order in which records pass through them."""

    steps: tuple[StepShape, ...]

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
    writer="route",
    route=entry_by_click_id,
)
TOUCHES: Final = Repartition(
    topic="touches",
    source="stitch",
    key="buyer_id",
    message=ForwardedClick,
    carries="anonymous clicks, once for each buyer whose entry names them",
    why="a buyer's touches and orders are kept in one place",
    writer="stitch",
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
