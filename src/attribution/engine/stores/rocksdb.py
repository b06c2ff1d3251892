"""A store in a RocksDB directory: changes and positions are written in one batch."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import rocksdict

from attribution.engine.stores.store import Changes
from attribution.errors import StateError

_OWN: Final = ""
"""The table of the store's own rows: no other table has an empty name."""
_FORMAT_KEY: Final = b"format"
_FORMAT: Final = b"1"
_OWNER_KEY: Final = b"owner"

_COMMITS_A_LOG: Final = 4_096
_NUMBERED_COMMITS: Final = 4 * _COMMITS_A_LOG
"""How many commits keep their number: more than the logs of the two write buffers ever hold."""
_MIB: Final = 1024 * 1024
_WRITE_BUFFER_BYTES: Final = 16 * _MIB
_OPEN_FILES: Final = 512

_RESTORED: Final = "delete the directory: its content is restored from Kafka"
_LASTING: Final = f"if this persists, {_RESTORED}"
_NO_ACCESS: Final = "let this user write there, or give another directory"
_ADVICE: Final = (
    ("Permission denied", _NO_ACCESS),
    ("Read-only file system", _NO_ACCESS),
    ("No space left", "make room on that disk, and start again"),
    ("LOCK: ", "is another run using it? stop that one, or give another directory"),
    ("os error", "give a directory that can be created and written"),
    ("already closed", "the error before this one says why"),
    ("no format marker", "give another directory, or delete this one"),
    ("its format is", _RESTORED),
    ("it is the store of", _RESTORED),
    ("Corruption", _RESTORED),
)
"""What to do, by a part of the message: the binding raises nothing more specific than Exception."""


class RocksStore:
    """One keyspace with the table's name before each key; changes wait in one batch for the commit.

    ``get`` and ``scan`` see only what is committed. To see uncommitted changes too, put a write buffer in
    front. A scan sees the store as it was when the scan began, and holds the store open until the scan ends.

    A commit survives the death of the process at once. The death of the machine may lose the last commits,
    but never an earlier one without the later ones. A commit that fails closes the store, so that no later
    one succeeds without it.

    Raises:
        StateError: the directory cannot be written, is damaged, has another format or owner, or is open in
            another process.
    """

    def __init__(self, path: Path, cache_bytes: int, owner: str = "") -> None:
        self._path = path
        self._owner = owner.encode()
        self._commits = 0
        self._batch = rocksdict.WriteBatch(raw_mode=True)
        options = _options(cache_bytes)
        try:
            # The column family is named. Otherwise the binding takes the last run's options from the
            # directory, with a block cache of their own.
            self._db = rocksdict.Rdict(str(path), options, {"default": options})
        except Exception as error:
            raise self._state_error(error) from error
        try:
            self._claim()
            self._commits = self._last_commit()
        except StateError:
            self.close()
            raise

    def _claim(self) -> None:
        """Mark a new directory with format and owner; refuse one with other markers or none."""
        if self._db.latest_sequence_number() == 0:
            self.write({_OWN: {_FORMAT_KEY: _FORMAT, _OWNER_KEY: self._owner}})
            self.commit()
        found = self.get(_OWN, _FORMAT_KEY)
        if found is None:
            raise self._state_error("it has no format marker")
        if found != _FORMAT:
            raise self._state_error(f"its format is {found!r}, not {_FORMAT!r}")
        owner = self.get(_OWN, _OWNER_KEY)
        if owner != self._owner:
            raise self._state_error(f"it is the store of {owner!r}, not of {self._owner!r}")

    def _last_commit(self) -> int:
        """Return the number of the last commit, and check that no earlier one is missing.

        RocksDB accepts a truncated manifest as a shorter one: it forgets files, and applies the log to the
        rest.
        """
        rows = self.scan(_OWN, _slot(0), _slot(-1) + b"\x00")
        numbers = sorted(int.from_bytes(number) for _, number in rows)
        last = numbers[-1] if numbers else 0
        if numbers != list(range(max(0, last - _NUMBERED_COMMITS) + 1, last + 1)):
            raise self._state_error(f"Corruption: commits before number {last} are lost")
        return last

    def get(self, table: str, key: bytes) -> bytes | None:
        """Return a committed value."""
        try:
            value: bytes | None = self._db.get(_prefix(table) + key)
        except Exception as error:
            raise self._state_error(error) from error
        return value

    def scan(self, table: str, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield committed keys and values with start <= key < stop, in order."""
        prefix = _prefix(table)
        # This object must live until the scan ends: it owns the bytes of the bound, which RocksDB keeps
        # reading.
        options = rocksdict.ReadOptions()
        options.set_iterate_upper_bound(prefix + stop)
        try:
            rows = self._db.iter(options)
            rows.seek(prefix + start)
            while rows.valid():
                yield rows.key()[len(prefix) :], rows.value()
                rows.next()
            rows.status()  # damage ends a scan like the end of the data; Rdict.items() never reports it
        except Exception as error:
            raise self._state_error(error) from error

    def write(self, changes: Changes) -> None:
        """Change values with the next commit."""
        for table, rows in changes.items():
            prefix = _prefix(table)
            for key, value in rows.items():
                if value is None:
                    self._batch.delete(prefix + key)
                else:
                    self._batch.put(prefix + key, value)

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        """Delete all keys with start <= key < stop with the next commit."""
        if start < stop:  # RocksDB applies half of a batch that contains a reversed range
            self._batch.delete_range(_prefix(table) + start, _prefix(table) + stop)

    def commit(self) -> None:
        """Make everything written since the last commit durable, all or nothing."""
        self._commits += 1
        self.write({_OWN: {_slot(self._commits): self._commits.to_bytes(8)}})
        batch, self._batch = self._batch, rocksdict.WriteBatch(raw_mode=True)
        try:
            self._db.write(batch)
            if self._commits % _COMMITS_A_LOG == 0:
                self._db.flush(wait=False)
        except Exception as error:
            self.close()
            raise self._state_error(error) from error

    def size_bytes(self) -> int:
        """Return the size of the files, and of what is only in memory and in the log."""
        parts = ("rocksdb.total-sst-files-size", "rocksdb.size-all-mem-tables")
        try:
            return sum(self._db.property_int_value(part) or 0 for part in parts)
        except Exception as error:
            raise self._state_error(error) from error

    def close(self) -> None:
        """Discard what was not committed, and release the directory."""
        with suppress(Exception):  # what cannot be flushed is in the log
            self._db.close()

    def _state_error(self, what: Exception | str) -> StateError:
        text = " ".join(str(what).split())
        advice = next((advice for part, advice in _ADVICE if part in text), _LASTING)
        return StateError(f"state directory {self._path}: {text}; {advice}")


@cache
def _prefix(table: str) -> bytes:
    name = table.encode()
    return len(name).to_bytes(1) + name


def _slot(commit: int) -> bytes:
    """Return the key of a commit's number; it is reused from an earlier commit."""
    return b"number" + (commit % _NUMBERED_COMMITS).to_bytes(2)


def _options(cache_bytes: int) -> rocksdict.Options:
    """Return options that bound memory: the cache, two write buffers, and open files with their indexes."""
    options = rocksdict.Options(raw_mode=True)
    options.set_block_based_table_factory(_blocks(cache_bytes))
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_max_open_files(_OPEN_FILES)
    options.set_max_log_file_size(_MIB)
    options.set_keep_log_file_num(4)
    options.set_bytes_per_sync(_MIB)
    options.set_compression_type(rocksdict.DBCompressionType.lz4())
    options.set_wal_recovery_mode(rocksdict.DBRecoveryMode.point_in_time())
    return options


def _blocks(cache_bytes: int) -> rocksdict.BlockBasedOptions:
    blocks = rocksdict.BlockBasedOptions()
    blocks.set_block_cache(rocksdict.Cache(cache_bytes))
    # Indexes and filters, some three bytes a row, stay outside the cache. If the cache were too small for
    # them, every lookup would read them again.
    blocks.set_cache_index_and_filter_blocks(v=False)
    blocks.set_bloom_filter(10, block_based=False)
    return blocks
