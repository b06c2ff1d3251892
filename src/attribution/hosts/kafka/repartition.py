"""Repartition topics: the internal topics that hand records from one step to another, keyed anew, and those records."""

from typing import Final, TypeAlias

import msgspec

from attribution.domain.records.events import Click, RoomEntry
from attribution.streams.flow.watermark import FromTask, Watermark

ENTRIES_BY_CLICK_ID: Final = "named-entries"
"""Room entries that name a click, by click_id."""
TOUCHES: Final = "touches"
"""Anonymous clicks whose buyers are known, by buyer_id."""
_REKEYED: Final = "rekeyed-"


def rekeyed(topic: str) -> str:
    """Return the repartition topic that holds the records of an input topic by buyer_id.

    >>> rekeyed("clicks"), source_of(rekeyed("clicks")), source_of("clicks"), is_repartition_topic("touches")
    ('rekeyed-clicks', 'clicks', 'clicks', True)
    """
    return _REKEYED + topic


def source_of(topic: str) -> str:
    """Return the input topic whose records a topic holds: its own, unless they were re-keyed."""
    return topic.removeprefix(_REKEYED)


def is_repartition_topic(topic: str) -> bool:
    """Return whether a topic is internal."""
    return topic in (ENTRIES_BY_CLICK_ID, TOUCHES) or is_rekeyed(topic)


def is_rekeyed(topic: str) -> bool:
    """Return whether a topic holds re-keyed records."""
    return topic.startswith(_REKEYED)


class EntryByClickId(FromTask, frozen=True, gc=False, array_like=True, tag="entry"):
    """A room entry that names a click, on its way to where the click is; ``offset`` is the entry's own."""

    offset: int
    timestamp: int
    entry: RoomEntry


class ForwardedClick(FromTask, frozen=True, gc=False, array_like=True, tag="click"):
    """An anonymous click on its way to a buyer.

    ``known_at`` and ``rank`` are those of the record which made it known whose it is, an entry or the click itself;
    ``timestamp`` is the click's record timestamp.
    """

    known_at: int
    rank: int
    timestamp: int
    buyer_id: str
    click: Click


class Rekeyed(FromTask, frozen=True, gc=False, array_like=True, tag="rekeyed"):
    """A record of an input topic that is not keyed by buyer_id, on its way to its buyer; as it lay in its topic."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


RepartitionRecord: TypeAlias = EntryByClickId | ForwardedClick | Rekeyed | Watermark

decode: Final = msgspec.msgpack.Decoder(RepartitionRecord).decode
