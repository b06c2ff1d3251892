"""The repartition topics, which pass records between steps under a new key, and their records."""

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
    """Return the input topic behind a topic with re-keyed records; return any other topic unchanged."""
    return topic.removeprefix(_REKEYED)


def is_repartition_topic(topic: str) -> bool:
    """Return whether a topic is a repartition topic."""
    return topic in (ENTRIES_BY_CLICK_ID, TOUCHES) or is_rekeyed(topic)


def is_rekeyed(topic: str) -> bool:
    """Return whether a topic holds re-keyed records."""
    return topic.startswith(_REKEYED)


class EntryByClickId(FromTask, frozen=True, gc=False, array_like=True, tag="entry"):
    """A room entry that names a click, keyed by click_id. ``offset`` is the offset in the input topic."""

    offset: int
    timestamp: int
    entry: RoomEntry


class ForwardedClick(FromTask, frozen=True, gc=False, array_like=True, tag="click"):
    """An anonymous click that is forwarded to a buyer.

    ``known_at`` and ``rank`` are the record timestamp and the rank of the record that matched the click to
    the buyer: an entry or the click itself. ``timestamp`` is the click's record timestamp.
    """

    known_at: int
    rank: int
    timestamp: int
    buyer_id: str
    click: Click


class Rekeyed(FromTask, frozen=True, gc=False, array_like=True, tag="rekeyed"):
    """A re-keyed record of an input topic, with the offset, timestamp, key and value that it has there."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


RepartitionRecord: TypeAlias = EntryByClickId | ForwardedClick | Rekeyed | Watermark

decode: Final = msgspec.msgpack.Decoder(RepartitionRecord).decode
