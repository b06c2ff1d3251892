"""A store in memory: for runs without a state file, small windows, and tests."""

from collections import defaultdict
from collections.abc import Iterator

from sortedcontainers import SortedDict

from attribution.engine.stores.store import Changes

_ENTRY_BYTES = 180
"""What CPython needs for an entry besides key and value: two headers, a dict slot, a list slot."""


class MemoryStore:
    """A store in sorted dicts; nothing outlives the process."""

    def __init__(self) -> None:
        self._tables: dict[str, SortedDict] = defaultdict(SortedDict)
        self._bytes = 0

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return a value."""
        value: bytes | None = self._tables[table].get(key)
        return value

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values with start <= key < stop, in order."""
        rows = self._tables[table]
        for key in rows.irange(start, stop, inclusive=(True, False)):
            yield key, rows[key]

    def write(self, changes: Changes) -> None:
        """Change values."""
        for table, rows in changes.items():
            kept = self._tables[table]
            for key, value in rows.items():
                before = kept.pop(key, None) if value is None else kept.get(key)
                if before is not None:
                    self._bytes -= len(key) + len(before) + _ENTRY_BYTES
                if value is not None:
                    kept[key] = value
                    self._bytes += len(key) + len(value) + _ENTRY_BYTES

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop."""
        keys = list(self._tables[table].irange(start, stop, inclusive=(True, False)))
        self.write({table: dict.fromkeys(keys)})

    def commit(self) -> None:
        """Do nothing: memory cannot be made durable."""

    def size_bytes(self) -> int:
        """Return approximately how much memory the store takes."""
        return self._bytes

    def close(self) -> None:
        """Discard everything."""
        self._tables.clear()
        self._bytes = 0
