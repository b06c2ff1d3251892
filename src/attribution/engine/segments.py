"""Segments of time.

The key of a row that expires begins with the segment of its time. Rows expire by segment, never by a scan.
"""

from typing import Final

SEGMENT_MS: Final = 7 * 86_400_000


def segment_of(time: int) -> int:
    """Return the segment of a time (ms since the epoch).

    >>> segment_of(SEGMENT_MS - 1), segment_of(SEGMENT_MS)
    (0, 1)
    """
    return time // SEGMENT_MS


def segment_key(segment: int) -> bytes:
    """Return the prefix of the keys of a segment: four bytes, big-endian."""
    return segment.to_bytes(4, "big")
