"""Tables over a store: changes wait in a write batch until the unit of work is written."""

from typing import Final

from attribution.engine.stores.store import Store

_END: Final = b"\xff"
"""A key after all keys of scanned tables: these begin with a time or a segment."""


class WriteBatch:
    """The changes of a unit of work that have not been written to the store yet."""

    def __init__(self) -> None:
        self.changes: dict[str, dict[bytes, bytes | None]] = {}

    def put(self, table: str, key: bytes, value: bytes | None) -> None:
        """Set a value; None deletes the key."""
        rows = self.changes.get(table)
        if rows is None:
            rows = self.changes[table] = {}
        rows[key] = value

    def write_to(self, store: Store) -> None:
        """Write all changes to the store."""
        store.write(self.changes)
        self.changes = {}


class OrderedTable:
    """A table of keys that is scanned in order; changes are written to the store before each scan.

    ``row`` is the value of each key.
    """

    def __init__(self, store: Store, name: str, row: bytes = b"") -> None:
        self._store = store
        self._name = name
        self._row = row
        self._unwritten: dict[bytes, bytes | None] = {}

    def put(self, key: bytes) -> None:
        """Add a key."""
        self._unwritten[key] = self._row

    def delete(self, key: bytes) -> None:
        """Delete a key."""
        self._unwritten[key] = None

    def scan(self, start: bytes, stop: bytes) -> list[bytes]:
        """Return the keys with start <= key < stop, in order."""
        self.write()
        return [key for key, _ in self._store.scan(self._name, start, stop)]

    def first(self) -> bytes | None:
        """Return the first key, or None if the table is empty."""
        self.write()
        return next((key for key, _ in self._store.scan(self._name, b"", _END)), None)

    def drop(self, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop."""
        self.write()
        self._store.drop(self._name, start, stop)

    def write(self) -> None:
        """Write all changes to the store."""
        if self._unwritten:
            self._store.write({self._name: self._unwritten})
            self._unwritten = {}
