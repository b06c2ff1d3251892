"""A step of the domain bound to its tables: what a host needs of it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from attribution.domain.steps.messages import Message
from attribution.domain.steps.topology import Repartition
from attribution.engine.record import Record
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor.attribute_state import AttributeTables
from attribution.processor.output import UnitOutput
from attribution.processor.persistence import Limits, Persistence

Handler: TypeAlias = Callable[[Record], None]
Forward: TypeAlias = Callable[[Repartition, Message], None]
"""Sends a message to the step that reads a repartition topic."""


class Parts(NamedTuple):
    """What steps are bound to. ``task`` is the partition number of the task, 0 without tasks."""

    store: Store
    state: AttributeTables
    output: UnitOutput
    limits: Limits
    persistence: Persistence
    task: int
    forward: Forward


class BoundStep(Protocol):
    """A step on its tables."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By topic that the step reads, what it does with a record. A handler may raise RefusedError."""
        ...

    def restore(self, record: Record) -> None:
        """Apply a record from before a restart again; the state already holds what followed from it."""
        ...

    def flush(self, write_batch: WriteBatch) -> None:
        """Move what the step changed into the unit of work."""
        ...

    def trim(self) -> None:
        """Evict what exceeds the limits of the caches. The unit of work is written."""
        ...
