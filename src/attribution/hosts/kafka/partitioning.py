"""Which partition a key goes to."""

from functools import lru_cache
from typing import Final

from aiokafka.partitioner import murmur2

_REMEMBERED: Final = 1 << 16


@lru_cache(maxsize=_REMEMBERED)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key among so many, as the Java client counts: murmur2 without its sign.

    >>> [partition_of(key, 4) for key in (b"b1", b"b2", b"b3")]
    [3, 2, 1]
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
