"""A store in one SQLite file: changes and positions are written in one transaction."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from attribution.engine.stores.store import Changes
from attribution.errors import StateError

_APPLICATION_ID = 0x61747472  # "attr"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA wal_autocheckpoint=16384",
)


class SqliteStore:
    """A store with one SQLite table per table; all writes between two commits share a transaction.

    A commit survives the death of the process at once. The death of the machine may lose the last commits,
    but leaves the file intact.

    Raises:
        StateError: the file is not a state file, is damaged, or is open in another process.
    """

    def __init__(self, path: Path, cache_bytes: int) -> None:
        self._path = path
        self._tables: set[str] = set()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            names = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            self._tables.update(name for (name,) in names)
            self._claim()
            for pragma in (*_PRAGMAS, f"PRAGMA cache_size=-{max(1, cache_bytes // 1024)}"):
                self._connection.execute(pragma)
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self._state_error(error) from error

    def _claim(self) -> None:
        """Mark a new file as ours; refuse the file of another program."""
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        if owner == _APPLICATION_ID:
            return
        if owner or self._tables:
            self._connection.close()
            raise StateError(f"{self._path} is another program's database: give another --state")
        self._connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return a value."""
        if table not in self._tables:
            return None
        row = self._execute(f'SELECT value FROM "{table}" WHERE key = ?', (key,)).fetchone()  # noqa: S608
        return None if row is None else row[0]

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values with start <= key < stop, in order."""
        if table not in self._tables:
            return
        try:
            yield from self._execute(
                f'SELECT key, value FROM "{table}" WHERE key >= ? AND key < ? ORDER BY key',  # noqa: S608
                (start, stop),
            )
        except sqlite3.Error as error:
            raise self._state_error(error) from error

    def write(self, changes: Changes) -> None:
        """Change values."""
        for table, rows in changes.items():
            self._ensure(table)
            gone = [(key,) for key, value in rows.items() if value is None]
            kept = sorted((key, value) for key, value in rows.items() if value is not None)
            try:
                self._connection.executemany(
                    f'INSERT OR REPLACE INTO "{table}" (key, value) VALUES (?, ?)',  # noqa: S608
                    kept,
                )
                self._connection.executemany(f'DELETE FROM "{table}" WHERE key = ?', gone)  # noqa: S608
            except sqlite3.Error as error:
                raise self._state_error(error) from error

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop."""
        if table in self._tables:
            self._execute(f'DELETE FROM "{table}" WHERE key >= ? AND key < ?', (start, stop))  # noqa: S608

    def commit(self) -> None:
        """Make everything written since the last commit durable, all or nothing."""
        self._execute("COMMIT")
        self._execute("BEGIN IMMEDIATE")

    def size_bytes(self) -> int:
        """Return the size of the state file."""
        (pages,) = self._execute("PRAGMA page_count").fetchone()
        (page_bytes,) = self._execute("PRAGMA page_size").fetchone()
        return int(pages) * int(page_bytes)

    def close(self) -> None:
        """Discard what was not committed, and release the file."""
        self._connection.close()

    def _ensure(self, table: str) -> None:
        if table not in self._tables:
            self._execute(f'CREATE TABLE "{table}" (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID')
            self._tables.add(table)

    def _execute(self, statement: str, parameters: tuple[bytes, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, parameters)
        except sqlite3.Error as error:
            raise self._state_error(error) from error

    def _state_error(self, error: sqlite3.Error) -> StateError:
        advice = "is another run using it? otherwise move it away and start without it"
        return StateError(f"state file {self._path}: {error}; {advice}")
