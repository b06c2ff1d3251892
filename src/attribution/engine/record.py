"""A record as the engine moves it."""

from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record in the total order: (record timestamp, topic rank, partition, offset).

    ``event`` is what the value was decoded to, or the refusal that takes its place.
    """

    timestamp: int
    rank: int
    partition: int
    offset: int
    topic: str
    key: str | None
    value: bytes
    event: Any
