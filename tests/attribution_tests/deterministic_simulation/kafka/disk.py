"""The disk of a host: stores keep what was committed when a process dies; a crash of the host may lose the last commits."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sortedcontainers import SortedDict

from attribution.engine.stores.store import Changes

_UNDOABLE: Final = 20

Undo = list[tuple[str, bytes, bytes | None]]


class Files:
    """The files of one store."""

    def __init__(self) -> None:
        self.tables: dict[str, SortedDict] = defaultdict(SortedDict)
        self.undo: list[Undo] = []
        self.opened_by: object | None = None

    def apply(self, changes: list[tuple[str, bytes, bytes | None]]) -> None:
        undo: Undo = []
        for table, key, value in changes:
            rows = self.tables[table]
            undo.append((table, key, rows.get(key)))
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        self.undo = [*self.undo[-_UNDOABLE:], undo]

    def lose(self, commits: int) -> None:
        """Undo the last commits."""
        for _ in range(min(commits, len(self.undo))):
            for table, key, value in reversed(self.undo.pop()):
                if value is None:
                    self.tables[table].pop(key, None)
                else:
                    self.tables[table][key] = value


class DiskStore:
    """Behaves as RocksStore: reads see committed rows, changes wait in one batch for the commit."""

    def __init__(self, files: Files, owner: object) -> None:
        assert files.opened_by is None, "two have one store open"
        self._files = files
        files.opened_by = owner
        self._batch: list[tuple[str, bytes, bytes | None]] = []

    def get(self, table: str, key: bytes) -> bytes | None:
        value: bytes | None = self._open().tables[table].get(key)
        return value

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        rows = self._open().tables[table]
        yield from [(key, rows[key]) for key in rows.irange(start, stop, inclusive=(True, False))]

    def write(self, changes: Changes) -> None:
        self._batch += [(table, key, value) for table, rows in changes.items() for key, value in rows.items()]

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        rows = self._open().tables[table]
        here = set(rows.irange(start, stop, inclusive=(True, False)))
        here |= {key for name, key, _ in self._batch if name == table and start <= key < stop}
        self._batch += [(table, key, None) for key in sorted(here)]

    def commit(self) -> None:
        self._open().apply(self._batch)
        self._batch = []

    def size_bytes(self) -> int:
        return 0

    def close(self) -> None:
        self._batch = []
        self._files.opened_by = None

    def _open(self) -> Files:
        assert self._files.opened_by is not None, "the store is closed"
        return self._files
