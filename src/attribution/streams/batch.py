"""A batch: the records of one topic partition from one fetch, sent through an agent to a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from attribution.engine.record import Record


class Fetched(Protocol):
    """A record as the client's decoder returns it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Batch:
    """Records of a topic partition, in offset order.

    ``generation`` counts the assignments of this worker. ``first_offset`` is where the read started, and
    ``next_offset`` is where the next one starts. Transaction markers may lie before and after the records.
    The first step that reads the batch fills ``decoded``.
    """

    generation: int
    topic: str
    partition: int
    fetched: Sequence[Fetched]
    first_offset: int
    next_offset: int
    decoded: list[Record] | None = None
