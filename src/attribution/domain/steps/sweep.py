"""A sweep: updates the orders that one reference version or tick affects, one unit of work at a time."""

from typing import Final

import msgspec

from attribution.domain.records.reference import Version
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.version import ReferenceVersion

TICKS: Final = "ticks"


class Sweep(msgspec.Struct, frozen=True, array_like=True):
    """The cause and the position of a sweep. It is part of the state and resumes after a restart.

    ``name``, ``timestamp``, ``offset`` and ``record`` (as JSON) are those of the reference version. For a
    tick, ``name`` is its event_id. ``done_to`` is the last finished order: (placed_at, buyer_id, order_id). A
    tick does not need it, because the timer of a finished order is gone.
    """

    topic: str
    name: str
    timestamp: int = 0
    offset: int = 0
    record: bytes = b""
    done_to: tuple[int, str, str] | None = None

    def version(self) -> ReferenceVersion[Version]:
        """Return the reference version that caused the sweep."""
        record: Version = msgspec.json.decode(self.record, type=BY_NAME[self.topic].record)
        return ReferenceVersion(record.effective_from, self.timestamp, self.offset, record, self.name)


def sweep_of(topic: str, version: ReferenceVersion[Version]) -> Sweep:
    """Return the sweep that a reference version causes."""
    return Sweep(topic, version.name, version.timestamp, version.offset, msgspec.json.encode(version.record))
