"""A Bloom filter: it remembers ids in constant memory. A "no" is certain, a "yes" is not."""

from typing import Final, Generic, TypeVar

Identity = TypeVar("Identity", str, bytes)


class BloomFilter(Generic[Identity]):
    """A Bloom filter with one hash function.

    It takes 2 MiB from the first id on, for any number of ids.
    """

    _BITS: Final = 1 << 24

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, identity: Identity) -> None:
        """Add an id."""
        if not self._bytes:
            self._bytes = bytearray(self._BITS // 8)
        place = hash(identity) % self._BITS
        self._bytes[place >> 3] |= 1 << (place & 7)

    def __contains__(self, identity: Identity) -> bool:
        place = hash(identity) % self._BITS
        return bool(self._bytes and self._bytes[place >> 3] & 1 << (place & 7))
