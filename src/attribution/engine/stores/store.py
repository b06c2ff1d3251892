"""The protocol of a store: tables of bytes in key order, changed in batches."""

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

Changes: TypeAlias = Mapping[str, Mapping[bytes, bytes | None]]
"""By table: keys with their new values; None deletes a key."""


class Store(Protocol):
    """Tables of bytes in key order.

    The next ``commit`` makes everything written before it durable, all or nothing.
    """

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return a value."""
        ...

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values with start <= key < stop, in order."""
        ...

    def write(self, changes: Changes) -> None:
        """Change values."""
        ...

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop."""
        ...

    def commit(self) -> None:
        """Make everything written since the last commit durable, all or nothing."""
        ...

    def size_bytes(self) -> int:
        """Return how many bytes the store takes, in memory or on disk."""
        ...

    def close(self) -> None:
        """Discard what was not committed, and release the store."""
        ...


def after_prefix(prefix: bytes) -> bytes:
    r"""Return the smallest key after all keys with a prefix (which must not consist of 0xff only).

    >>> after_prefix(b"ab")
    b'ac'
    >>> after_prefix(b"a\xff")
    b'b'
    """
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1])
