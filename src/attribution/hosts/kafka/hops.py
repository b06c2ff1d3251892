"""Hops: the internal topics through which one step hands records to another, keyed anew."""

from typing import Final

NAMED_ENTRIES: Final = "named-entries"
"""Room entries that name a click, by click_id."""
TOUCHES: Final = "touches"
"""Anonymous clicks whose buyers are known, by buyer_id."""
_REKEYED: Final = "rekeyed-"


def rekeyed(topic: str) -> str:
    """Return the hop that holds the records of an input topic by buyer_id.

    >>> rekeyed("clicks"), source_of(rekeyed("clicks")), source_of("clicks"), is_hop("touches")
    ('rekeyed-clicks', 'clicks', 'clicks', True)
    """
    return _REKEYED + topic


def source_of(topic: str) -> str:
    """Return the input topic whose records a topic holds: its own, unless they were re-keyed."""
    return topic.removeprefix(_REKEYED)


def is_hop(topic: str) -> bool:
    """Tell whether a topic is internal."""
    return topic in (NAMED_ENTRIES, TOUCHES) or is_rekeyed(topic)


def is_rekeyed(topic: str) -> bool:
    """Tell whether a topic holds re-keyed records."""
    return topic.startswith(_REKEYED)
