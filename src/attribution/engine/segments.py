"""Segments of time: rows that expire begin with the segment of their time, and expire with it, never by scanning."""

from typing import Final

SEGMENT_MS: Final = 7 * 86_400_000


def segment_of(time: int) -> int:
    """Return the segment that a time (ms since the epoch) falls into.

    >>> segment_of(SEGMENT_MS - 1), segment_of(SEGMENT_MS)
    (0, 1)
    """
    return time // SEGMENT_MS


def segment_key(segment: int) -> bytes:
    """Return what the keys of a segment begin with: four bytes, big-endian."""
    return segment.to_bytes(4, "big")
