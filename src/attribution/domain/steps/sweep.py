"""A sweep: the orders that one reference version or one tick concerns, gone through a unit of work at a time."""

from typing import Final

import msgspec

from attribution.domain.records.reference import Version
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.version import ReferenceVersion

TICKS: Final = "ticks"


class Sweep(msgspec.Struct, frozen=True, array_like=True):
    """What set it off, and how far it is: it is part of the state, and goes on after a restart.

    ``name``, ``timestamp``, ``offset`` and ``record`` (as JSON) are a version's as known; of a tick, ``name`` is its
    event_id. ``done_to`` is the last order that is done: (placed_at, buyer_id, order_id). A tick needs none: an order
    that is done has no reminder any more.
    """

    topic: str
    name: str
    timestamp: int = 0
    offset: int = 0
    record: bytes = b""
    done_to: tuple[int, str, str] | None = None

    def version(self) -> ReferenceVersion[Version]:
        """Return the version that set it off."""
        record: Version = msgspec.json.decode(self.record, type=BY_NAME[self.topic].record)
        return ReferenceVersion(record.effective_from, self.timestamp, self.offset, record, self.name)


def sweep_of(topic: str, version: ReferenceVersion[Version]) -> Sweep:
    """Return the sweep that a version sets off."""
    return Sweep(topic, version.name, version.timestamp, version.offset, msgspec.json.encode(version.record))
