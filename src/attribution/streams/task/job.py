"""The protocols of a job: its topics, and its steps on the state of one partition."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attribution.engine.state_version import StateVersion
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.engine.unit_of_work import UnitOfWork
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.step import BatchDecoder, Step
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration


class Clock(Protocol):
    """The clock of a job's state; times are in milliseconds."""

    stream_time: int
    now: int

    def evidence_complete_from(self) -> int:
        """Return the time from which records are still needed."""
        ...


class Work(Protocol):
    """A job's steps on the state of one partition; a unit of work collects what they emit and change."""

    unit: UnitOfWork
    decoder: BatchDecoder

    @property
    def clock(self) -> Clock:
        """The clock of the state."""
        ...

    def sizes(self) -> dict[str, int]:
        """Return the sizes of the state by name."""
        ...

    @property
    def is_sweeping(self) -> bool:
        """Return whether ``sweep`` must be called before any record is processed."""
        ...

    def sweep(self) -> None:
        """Continue the sweep that one record started, until the unit of work is full."""
        ...

    def flush(self) -> None:
        """Move the changes into the unit of work."""
        ...

    def trim(self) -> None:
        """Evict what caches need not hold; the unit of work is written already."""
        ...

    def steps(self, task: TaskCheckpoint | None, beginnings: Mapping[str, int]) -> list[Step]:
        """Return the steps; each resumes at ``task``, or without it starts where its topics begin."""
        ...

    async def restore(
        self,
        restoration: Restoration,
        offset_index: OffsetIndex,
        now: TaskCheckpoint,
        before: TaskCheckpoint | None,
        save: Callable[[], None],
    ) -> None:
        """Read again what is in no changelog, up to ``now``.

        ``before`` is the checkpoint of the store. Call ``save`` after each batch.
        """
        ...


class Job(Protocol):
    """The topics, by the names that the steps use, and the work of a task.

    - ``agents``: by agent, the topics that feed it. The outputs follow from the topics of the last agent.
    - ``direct`` and ``repartition_topics``: topics of which a task reads its own partition.
    - ``global_topics``: topics that a task reads whole.
    - ``retention_needed_ms``: by topic, how long its records are needed, in milliseconds.
    - ``main_step``: the step, and agent, whose topics are checked for the partition of their records.
    - ``latency_topic``: the topic for whose records, in that step, the time to the commit is measured.
    - ``unlogged``: tables that need no changelog.
    - ``state_version``: the version of the rows that are written, and of those that are read.
    """

    main_step: str
    latency_topic: str
    state_version: StateVersion

    agents: Mapping[str, Sequence[str]]
    direct: Sequence[str]
    repartition_topics: Sequence[str]
    global_topics: Sequence[str]
    outputs: Sequence[str]
    retention_needed_ms: Mapping[str, int]
    unlogged: Sequence[str]

    def open_work(self, partition: int, partitions: int, store: WriteBuffer) -> Work:
        """Return the work of one task."""
        ...
