"""What tasks do: the topics that a job reads, its steps on one partition's state, and what they leave to the task."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.engine.unit_of_work import UnitOfWork
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.step import BatchDecoder, Step
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration


class Clock(Protocol):
    """What a job's state tells of itself: times in milliseconds, sizes by name."""

    stream_time: int
    now: int

    def sizes(self) -> dict[str, int]:
        """Return how large the state is."""
        ...

    def evidence_complete_from(self) -> int:
        """Return the time from which on records are still needed."""
        ...


class Work(Protocol):
    """A job's steps on the state of one partition; a unit of work gathers what they emit and change."""

    unit: UnitOfWork
    decoder: BatchDecoder

    @property
    def tables(self) -> Clock:
        """The state."""
        ...

    @property
    def is_sweeping(self) -> bool:
        """Return whether ``sweep`` must be called before any record is processed."""
        ...

    def sweep(self) -> None:
        """Go on with what one record set off, until the unit of work is full."""
        ...

    def flush(self) -> None:
        """Move what changed into the unit of work."""
        ...

    def trim(self) -> None:
        """Let go of what caches need not hold; the unit of work is written."""
        ...

    def steps(self, task: TaskCheckpoint | None, beginnings: Mapping[str, int]) -> list[Step]:
        """Return the steps; each goes on where ``task`` says, or else begins where its topics do."""
        ...

    async def restore(
        self,
        restoration: Restoration,
        offset_index: OffsetIndex,
        now: TaskCheckpoint,
        before: TaskCheckpoint | None,
        save: Callable[[], None],
    ) -> None:
        """Read again what is in no changelog, up to ``now``; ``before`` is how far the store is by itself.

        ``save`` is called after each batch.
        """
        ...


class Job(Protocol):
    """The topics, by the names that steps know them by, and the work of a task.

    - ``agents``: by agent the topics that it is fed; the outputs follow from the last one's.
    - ``direct`` and ``repartition_topics``: a task reads its own partition of them; ``global_topics`` it reads whole.
    - ``retention_needed_ms``: by topic how long its records are needed, in milliseconds.
    - ``latency_topic``: the topic from whose records the time to the commit is measured.
    - ``unlogged``: tables that need no changelog.
    - ``state_version``: the version of the rows' layout; a state of another one is refused.
    """

    latency_topic: str
    state_version: int

    agents: Mapping[str, Sequence[str]]
    direct: Sequence[str]
    repartition_topics: Sequence[str]
    global_topics: Sequence[str]
    outputs: Sequence[str]
    retention_needed_ms: Mapping[str, int]
    unlogged: Sequence[str]

    def open_work(self, partition: int, partitions: int, store: WriteBuffer) -> Work:
        """Return the work of one of the tasks."""
        ...
