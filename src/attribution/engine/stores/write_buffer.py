"""A write buffer: changes of a unit of work stay in front of a store until they are committed elsewhere."""

from collections.abc import Collection, Iterator
from heapq import merge

from sortedcontainers import SortedDict

from attribution.engine.stores.store import Changes, Store


class WriteBuffer:
    """A store that writes its changes to the store behind it in one write, on ``commit``.

    Reads see the changes at once. In the tables in ``unlogged``, ``drop`` deletes a range as a whole. In the
    others it deletes each key by itself, so that ``changed`` yields everything for a changelog.
    """

    def __init__(self, store: Store, unlogged: Collection[str]) -> None:
        self._store = store
        self._unlogged = frozenset(unlogged)
        self._changes: dict[str, SortedDict] = {}
        self._dropped: list[tuple[str, bytes, bytes]] = []

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return a value."""
        rows = self._changes.get(table)
        if rows is not None and key in rows:
            value: bytes | None = rows[key]
            return value
        return None if self._is_dropped(table, key) else self._store.get(table, key)

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values with start <= key < stop, in order."""
        rows = self._changes.get(table)
        if rows is None and not self._dropped:
            yield from self._store.scan(table, start, stop)
            return
        ours = rows if rows is not None else SortedDict()
        changed = [(key, ours[key]) for key in ours.irange(start, stop, inclusive=(True, False))]
        kept = (
            (key, value)
            for key, value in self._store.scan(table, start, stop)
            if key not in ours and not self._is_dropped(table, key)
        )
        yield from merge(kept, ((key, value) for key, value in changed if value is not None))

    def write(self, changes: Changes) -> None:
        """Change values."""
        for table, rows in changes.items():
            self._rows(table).update(rows)

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop."""
        ours = self._rows(table)
        if table not in self._unlogged:
            ours.update(dict.fromkeys([key for key, _ in self.scan(table, start, stop)]))
            return
        for key in list(ours.irange(start, stop, inclusive=(True, False))):
            del ours[key]
        self._dropped.append((table, start, stop))

    def changed(self) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Yield table, key and new value of each change in the logged tables, in order."""
        for table in sorted(self._changes.keys() - self._unlogged):
            for key, value in self._changes[table].items():
                yield table, key, value

    def commit(self) -> None:
        """Write all changes to the store behind, and commit them there."""
        for table, start, stop in self._dropped:
            self._store.drop(table, start, stop)
        self._store.write(self._changes)
        self._store.commit()
        self._dropped.clear()
        self._changes.clear()

    def size_bytes(self) -> int:
        """Return how many bytes the store behind takes."""
        return self._store.size_bytes()

    def close(self) -> None:
        """Discard what was not committed, and release the store behind."""
        self._changes.clear()
        self._store.close()

    def _rows(self, table: str) -> SortedDict:
        return self._changes.setdefault(table, SortedDict())

    def _is_dropped(self, table: str, key: bytes) -> bool:
        return any(table == name and start <= key < stop for name, start, stop in self._dropped)
