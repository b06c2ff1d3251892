"""The processor takes each record through the steps that it concerns, in the total order."""

from collections.abc import Callable, Sequence
from typing import Final

from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.records.reference import Policy
from attribution.domain.records.topics import READ
from attribution.domain.steps.messages import Message
from attribution.domain.steps.topology import ATTRIBUTE, Repartition, StepShape, declared
from attribution.engine.record import Record
from attribution.engine.stores.store import Store
from attribution.engine.unit_of_work import UnitOfWork
from attribution.processor.attribute import BoundAttribute
from attribution.processor.attribute_state import AttributeTables
from attribution.processor.bound_step import BoundStep, Handler, Parts
from attribution.processor.output import UnitOutput
from attribution.processor.persistence import Limits, Persistence
from attribution.processor.stitch import BoundStitch

BINDINGS: Final[dict[str, Callable[[Parts], BoundStep]]] = {
    "stitch": BoundStitch,
    "attribute": BoundAttribute,
}
"""By name of a step: what binds it to its tables."""


class Processor:
    """All steps on one store. A message between steps is processed at once; hosts may send it elsewhere.

    Records are processed one by one. The same records in the same order give the same bytes, however they are
    divided into units of work. ``task`` is the partition number of the task, if there are tasks.
    """

    def __init__(
        self, store: Store, default_policy: Policy, limits: Limits, persistence: Persistence, task: int = 0
    ) -> None:
        self.unit = UnitOfWork()
        self.task = task
        self.state = AttributeTables(store, default_policy, limits.cache_touches, persistence)
        self.output = UnitOutput(self.unit, limits.sweep_outputs)
        parts = Parts(store, self.state, self.output, limits, persistence, task, self.forward)
        self.topology = declared()
        self.steps = {step.name: BINDINGS[step.name](parts) for step in self.topology.steps}
        attribute = self.steps[ATTRIBUTE.name]
        assert isinstance(attribute, BoundAttribute)  # noqa: S101
        self.attribute = attribute.step
        self._target = {one.topic: step.name for step in self.topology.steps for one in step.through}
        self._handlers = {topic.name: tuple(self._handlers_of(topic.name)) for topic in READ}
        self._keeps_time = {topic.name for topic in READ if topic.role == "input"}

    def process(self, records: Sequence[Record]) -> int:
        """Process records; the results collect in the unit of work.

        Processing stops after a record whose sweep fills the unit of work. Then call ``sweep`` before you
        process the rest.

        Returns:
            How many records were processed.
        """
        state, clock, handlers = self.state, self.state.clock, self._handlers
        for number, record in enumerate(records, 1):
            if isinstance(record.event, Refusal):
                self.refuse(record, record.event)
                continue
            if record.timestamp > clock.stream_time and record.topic in self._keeps_time:
                clock.stream_time = record.timestamp
            for handler in handlers[record.topic]:
                try:
                    handler(record)
                except RefusedError as error:
                    self.refuse(record, error.refusal)
            if state.sweep is not None:
                return number
        return len(records)

    @property
    def is_sweeping(self) -> bool:
        """Return whether a sweep concerns orders that have not been processed yet."""
        return self.state.sweep is not None

    def sweep(self) -> None:
        """Resume the sweep, until it ends or the unit of work is full."""
        self.attribute.sweeper.resume()

    def flush(self) -> None:
        """Move what the steps changed into the unit of work."""
        for step in self.steps.values():
            step.flush(self.unit.write_batch)

    def trim(self) -> None:
        """Evict what exceeds the limits of the caches. Call this when the unit of work is written."""
        for step in self.steps.values():
            step.trim()

    def forward(self, repartition: Repartition, message: Message) -> None:
        """Send a message to the step that reads a repartition topic."""
        topic = repartition.topic
        record = Record(*message.place, topic, None, b"", message)
        self.steps[self._target[topic]].handlers[topic](record)

    def refuse(self, record: Record, refusal: Refusal) -> None:
        """Write a dead letter."""
        self.output.refuse(record.topic, record, refusal)

    def _handlers_of(self, topic: str) -> list[Handler]:
        """Return what the steps do with a record of an input topic, in their order."""
        handlers: list[Handler] = []
        for step in self.topology.steps:
            handlers += [
                self._routed(one) for one in step.through if one.source == topic and one.route is not None
            ]
            if topic in (*step.by_key, *step.whole):
                handlers.append(self._selected(step, topic, self.steps[step.name].handlers[topic]))
        return handlers

    def _selected(self, step: StepShape, topic: str, handler: Handler) -> Handler:
        selects = step.selected.get(topic)
        if selects is None:
            return handler

        def selected(record: Record) -> None:
            if selects(record.event):
                handler(record)

        return selected

    def _routed(self, repartition: Repartition) -> Handler:
        route = repartition.route
        assert route is not None  # noqa: S101

        def handler(record: Record) -> None:
            message = route(self.task, record.event, record)
            if message is not None:
                self.forward(repartition, message)

        return handler
