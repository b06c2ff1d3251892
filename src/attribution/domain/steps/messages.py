"""Messages between steps: the records of repartition topics. Their fields and tags are a stored format."""

from typing import Final

import msgspec

from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.records.topics import RANKS
from attribution.domain.steps.ports import Received

_BEFORE_ITS_CAUSE: Final = -1
"""The partition of a forwarded click: at equal time and rank it sorts before the entry that forwarded it."""

Place = tuple[int, int, int, int]
"""A place in the total order: record timestamp (ms), rank, partition, offset."""


class Message(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A message to a step; ``source`` is the task that sent it, a partition number."""

    source: int

    @property
    def key(self) -> str:
        """The key of the step that reads it."""
        raise NotImplementedError

    @property
    def place(self) -> Place:
        """Its place in the total order of that step."""
        raise NotImplementedError


class EntryByClickId(Message, frozen=True, gc=False, array_like=True, tag="entry"):
    """A room entry that names a click, keyed by click_id. ``offset`` is the offset in the input topic."""

    offset: int
    timestamp: int
    entry: RoomEntry

    @property
    def key(self) -> str:
        """The click_id that the entry names."""
        return self.entry.click_id or ""

    @property
    def place(self) -> Place:
        """The place of the entry."""
        return self.timestamp, RANKS["room-entries"], self.source, self.offset


class ForwardedClick(Message, frozen=True, gc=False, array_like=True, tag="click"):
    """An anonymous click that is forwarded to a buyer.

    ``known_at`` and ``rank`` are the record timestamp and the rank of the record that matched the click to
    the buyer: an entry or the click itself. ``timestamp`` is the click's record timestamp.
    """

    known_at: int
    rank: int
    timestamp: int
    buyer_id: str
    click: Click

    @property
    def key(self) -> str:
        """The buyer_id."""
        return self.buyer_id

    @property
    def place(self) -> Place:
        """The place just before the record that matched the click to the buyer."""
        return self.known_at, self.rank, _BEFORE_ITS_CAUSE, 0


def entry_by_click_id(task: int, entry: RoomEntry, received: Received) -> EntryByClickId | None:
    """Return the message of a room entry, or None if it names no click."""
    if entry.click_id is None:
        return None
    return EntryByClickId(task, received.offset, received.timestamp, entry)
