"""A batch: what one fetch brought of a topic partition, on its way through agents to a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from attribution.engine.record import Record


class Fetched(Protocol):
    """A record as the client's decoder leaves it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Batch:
    """Records of a topic partition in the order of their offsets.

    ``generation`` counts the assignments of this worker; ``first_offset`` is where reading began, ``next_offset`` where
    it goes on: there may be transaction markers before and behind the records. ``decoded`` is filled by the first step that reads them.
    """

    generation: int
    topic: str
    partition: int
    fetched: Sequence[Fetched]
    first_offset: int
    next_offset: int
    decoded: list[Record] | None = None
