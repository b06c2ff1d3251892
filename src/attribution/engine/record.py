"""A record as the engine processes it."""

from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record in the total order: (record timestamp, topic rank, partition, offset).

    ``event`` is the decoded value, or the refusal in its place.
    """

    timestamp: int
    rank: int
    partition: int
    offset: int
    topic: str
    key: str | None
    value: bytes
    event: Any
