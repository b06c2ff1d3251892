"""The topology of a task: the declared steps, and those that give records the keys that the steps need."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from attribution.domain.ingest.refusal import Refusal
from attribution.domain.steps.topology import Repartition, StepShape, declared
from attribution.engine.record import Record
from attribution.hosts.kafka.repartition import rekeyed

ROUTE: Final = "route"
"""The agent of the steps without state."""


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A step of a task.

    ``name`` stands in checkpoints and ``agent`` feeds it. It reads the task's partition of ``direct`` and of
    the repartition topics in ``through``, and everything of ``whole``. ``target`` is the repartition topic
    that it writes. ``shape`` is its declaration, and ``routes`` what it routes, if it is a step without
    state.
    """

    name: str
    agent: str
    direct: tuple[str, ...]
    through: tuple[str, ...]
    whole: tuple[str, ...]
    target: str | None
    shape: StepShape | None = None
    routes: Repartition | None = None

    def selects(self) -> Callable[[Record], bool] | None:
        """Return whether a record concerns the step, as a function; None if all do."""
        if self.shape is None or not self.shape.selections:
            return None
        by_topic = self.shape.selected

        def selects(record: Record) -> bool:
            selected = by_topic.get(record.topic)
            return selected is None or (not isinstance(record.event, Refusal) and selected(record.event))

        return selects


class TaskTopology:
    """The steps of a task, in the order in which records pass through them.

    ``rekey`` names the input topics that are not keyed as in the contract. Their records are repartitioned
    first.
    """

    def __init__(self, rekey: Collection[str]) -> None:
        self.declared = declared()
        self.rekey = tuple(sorted(rekey))
        self.steps = (*self._rekeying(), *self._routing(), *map(self._step, self.declared.steps))

    def source(self, topic: str) -> str:
        """Return the topic in which an input topic has the keys that tasks need."""
        return rekeyed(topic) if topic in self.rekey else topic

    @property
    def agents(self) -> Mapping[str, list[str]]:
        """By agent, the topics that feed it."""
        fed: dict[str, dict[str, None]] = {}
        for step in self.steps:
            fed.setdefault(step.agent, {}).update(dict.fromkeys((*step.direct, *step.through)))
        return {agent: list(topics) for agent, topics in fed.items()}

    @property
    def direct(self) -> tuple[str, ...]:
        """The input topics of which a task reads its own partition."""
        read = [name for name in self.declared.by_partition if name not in self.rekey]
        return (*read, *self.rekey)

    @property
    def repartition_topics(self) -> tuple[str, ...]:
        """All repartition topics."""
        return (*map(rekeyed, self.rekey), *(one.topic for one in self.declared.repartitions))

    @property
    def retained(self) -> tuple[str, ...]:
        """The topics that must keep their records for the horizon, since a restart reads them again."""
        return tuple(dict.fromkeys(topic for step in self.declared.steps for topic in self.restored(step)))

    def restored(self, step: StepShape) -> tuple[str, ...]:
        """Return the topics that a restarted task reads again for a step."""
        through = (one.topic for one in step.through if one.is_restored)
        return (*map(self.source, step.restores), *through)

    def _rekeying(self) -> list[TaskStep]:
        return [TaskStep(f"rekey {name}", ROUTE, (name,), (), (), rekeyed(name)) for name in self.rekey]

    def _routing(self) -> list[TaskStep]:
        return [self._route(one) for one in self.declared.repartitions if one.route is not None]

    def _route(self, repartition: Repartition) -> TaskStep:
        source = self.source(repartition.source)
        is_rekeyed = source != repartition.source
        return TaskStep(
            repartition.writer,
            ROUTE,
            () if is_rekeyed else (source,),
            (source,) if is_rekeyed else (),
            (),
            repartition.topic,
            routes=repartition,
        )

    def _step(self, shape: StepShape) -> TaskStep:
        moved = [rekeyed(name) for name in shape.by_key if name in self.rekey]
        targets = [one.topic for one in self.declared.repartitions if one.source == shape.name]
        return TaskStep(
            shape.name,
            shape.name,
            tuple(name for name in shape.by_key if name not in self.rekey),
            (*sorted(moved), *(one.topic for one in shape.through)),
            tuple(sorted(shape.whole)),
            targets[0] if targets else None,
            shape=shape,
        )
