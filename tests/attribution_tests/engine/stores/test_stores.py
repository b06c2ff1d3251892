"""Behaviour that all stores share, and more that the stores on disk share."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.rocksdb import RocksStore
from attribution.engine.stores.sqlite import SqliteStore
from attribution.engine.stores.store import Changes, Store, after_prefix
from attribution.errors import StateError
from attribution_tests.engine.stores.killed_writer import Writer, lowest_and_highest

Open: TypeAlias = Callable[[Path, int], Store]

END: Final = b"\xff" * 20
ON_DISK: Final[list[Open]] = [SqliteStore, RocksStore]
SHOWING_WHAT_IS_NOT_COMMITTED: Final = [MemoryStore, SqliteStore]


@pytest.fixture(params=[MemoryStore, *ON_DISK])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = (
        MemoryStore() if request.param is MemoryStore else request.param(tmp_path / "state", 100_000)
    )
    yield opened
    opened.close()


def commit(to: Store, changes: Changes) -> None:
    to.write(changes)
    to.commit()


def rows(of: Store, table: str = "t", start: bytes = b"", stop: bytes = END) -> list[tuple[bytes, bytes]]:
    return list(of.scan(table, start, stop))


class TestEveryStore:
    def test_returns_nothing_that_was_never_written(self, store: Store) -> None:
        assert (store.get("t", b"k"), rows(store)) == (None, [])
        store.drop("t", b"", END)
        store.write({})
        store.commit()

    def test_returns_what_was_committed(self, store: Store) -> None:
        commit(store, {"t": {b"k": b"1", b"": b"empty key", b"e": b""}, "u": {b"k": b"2"}})
        assert [store.get("t", key) for key in (b"k", b"", b"e", b"x")] == [b"1", b"empty key", b"", None]
        assert store.get("u", b"k") == b"2"

    def test_replaces_and_deletes(self, store: Store) -> None:
        commit(store, {"t": {b"a": b"1", b"b": b"1"}})
        commit(store, {"t": {b"a": b"2", b"b": None, b"never": None}})
        assert rows(store) == [(b"a", b"2")]

    def test_scans_in_byte_order_without_the_end(self, store: Store) -> None:
        keys = [b"", b"\x00", b"a", b"a\x00", b"ab", b"b", b"\x7f", b"\x80", b"\xff"]
        commit(store, {"t": {key: key for key in reversed(keys)}})
        assert rows(store) == [(key, key) for key in sorted(keys)]
        assert rows(store, start=b"a", stop=b"b") == [(key, key) for key in (b"a", b"a\x00", b"ab")]
        assert rows(store, start=b"b", stop=b"b") == []
        assert rows(store, start=b"b", stop=b"a") == []

    def test_drops_a_range_without_its_end(self, store: Store) -> None:
        store.write({"t": {bytes((key,)): b"" for key in range(6)}, "u": {b"\x03": b""}})
        store.drop("t", b"\x02", b"\x04")
        store.drop("t", b"\x05", b"\x00")
        store.commit()
        assert [key for key, _ in rows(store)] == [b"\x00", b"\x01", b"\x04", b"\x05"]
        assert len(rows(store, "u")) == 1

    def test_applies_changes_in_the_order_of_the_calls(self, store: Store) -> None:
        store.write({"t": {b"a": b"1", b"b": b"1"}})
        store.drop("t", b"", END)
        store.write({"t": {b"b": b"2"}})
        commit(store, {"t": {b"c": b"1"}})
        assert rows(store) == [(b"b", b"2"), (b"c", b"1")]

    def test_accepts_any_bytes_for_keys_and_values(self, store: Store) -> None:
        everything = bytes(range(256))
        commit(store, {"t": {everything: everything * 1_000}})
        assert store.get("t", everything) == everything * 1_000

    def test_its_size_grows_with_its_content(self, store: Store) -> None:
        commit(store, {"t": {b"first": b""}})
        before = store.size_bytes()
        commit(store, {"t": {number.to_bytes(4, "big"): b"x" * 1_000 for number in range(1_000)}})
        assert store.size_bytes() >= before + 1_000_000

    def test_may_be_changed_between_scans(self, store: Store) -> None:
        commit(store, {"t": {b"a": b"", b"b": b""}})
        for key, _ in rows(store):
            commit(store, {"t": {key: None, key + b"2": b""}})
        assert [key for key, _ in rows(store)] == [b"a2", b"b2"]


@pytest.mark.parametrize("store", SHOWING_WHAT_IS_NOT_COMMITTED, indirect=True)
def test_memory_and_sqlite_show_what_is_not_committed(store: Store) -> None:
    commit(store, {"t": {b"a": b"1", b"b": b"1"}})
    store.write({"t": {b"a": b"2"}})
    store.drop("t", b"b", b"c")
    assert (store.get("t", b"a"), rows(store)) == (b"2", [(b"a", b"2")])


def test_memory_frees_the_room_of_deleted_values() -> None:
    store = MemoryStore()
    store.write({"t": {b"a": b"xyz", b"b": b"1"}})
    store.write({"t": {b"a": b"longer value"}})
    store.drop("t", b"", END)
    assert store.size_bytes() == 0


CHANGES: Final = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.binary(max_size=2), st.binary(max_size=2)),
        st.tuples(st.just("take"), st.binary(max_size=2), st.none()),
        st.tuples(st.just("drop"), st.binary(max_size=2), st.binary(max_size=2)),
        st.tuples(st.just("commit"), st.just(b""), st.none()),
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(CHANGES)
def test_all_stores_hold_the_same_after_the_same_changes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, bytes, Any]]
) -> None:
    memory, on_disk = (
        MemoryStore(),
        [kind(tmp_path_factory.mktemp("store") / "state", 10_000) for kind in ON_DISK],
    )
    try:
        for store in (memory, *on_disk):
            for what, key, value in changes:
                change(store, what, key, value)
            store.commit()
        assert [rows(store) for store in on_disk] == [rows(memory)] * len(on_disk)
    finally:
        for store in on_disk:
            store.close()


def change(store: Store, what: str, key: bytes, value: Any) -> None:
    if what == "commit":
        store.commit()
    elif what == "drop":
        store.drop("t", key, value)
    else:
        store.write({"t": {key: value}})


@pytest.mark.parametrize(
    ("prefix", "after"),
    [(b"a", b"b"), (b"a\xff", b"b"), (b"a\xff\xff", b"b"), (b"\x00", b"\x01"), (b"a\xfe", b"a\xff")],
)
def test_after_prefix_is_the_key_after_all_with_that_prefix(prefix: bytes, after: bytes) -> None:
    assert after_prefix(prefix) == after
    assert prefix < prefix + b"\xff" * 9 < after


def reopened(kind: Open, path: Path) -> list[tuple[bytes, bytes]]:
    store = kind(path, 100_000)
    try:
        return rows(store)
    finally:
        store.close()


@pytest.mark.parametrize("kind", ON_DISK)
class TestEveryStoreOnDisk:
    def test_keeps_what_was_committed_when_reopened(self, kind: Open, tmp_path: Path) -> None:
        store = kind(tmp_path / "state", 100_000)
        commit(store, {"t": {b"a": b"1"}})
        store.close()
        assert reopened(kind, tmp_path / "state") == [(b"a", b"1")]

    def test_loses_what_was_not_committed_when_reopened(self, kind: Open, tmp_path: Path) -> None:
        """That covers writes, deletes, drops and new tables."""
        store = kind(tmp_path / "state", 100_000)
        commit(store, {"t": {b"a": b"1", b"b": b"1", b"c": b"1"}})
        store.write({"t": {b"a": b"2", b"b": None, b"d": b"1"}, "new": {b"k": b""}})
        store.drop("t", b"c", b"d")
        store.close()
        assert reopened(kind, tmp_path / "state") == [(b"a", b"1"), (b"b", b"1"), (b"c", b"1")]
        store = kind(tmp_path / "state", 100_000)
        assert store.get("new", b"k") is None
        commit(store, {"new": {b"k": b"again"}})
        assert store.get("new", b"k") == b"again"
        store.close()

    def test_may_be_closed_twice(self, kind: Open, tmp_path: Path) -> None:
        store = kind(tmp_path / "state", 100_000)
        commit(store, {"t": {b"k": b"v"}})
        store.close()
        store.close()
        again = kind(tmp_path / "state", 100_000)
        assert again.get("t", b"k") == b"v"
        again.close()

    def test_a_store_open_in_another_run_is_an_error_that_says_so(self, kind: Open, tmp_path: Path) -> None:
        path = tmp_path / "state"
        with Writer(kind, path) as writer:
            writer.wait_for(1)
            with pytest.raises(StateError, match=rf"{path}: .*(?i:lock).*is another run using it\?"):
                kind(path, 100_000)

    @pytest.mark.parametrize("steps", [1, 30, 300])
    def test_keeps_the_first_commits_whole_after_a_kill(self, kind: Open, tmp_path: Path, steps: int) -> None:
        with Writer(kind, tmp_path / "state") as writer:
            writer.wait_for(steps)
            writer.kill()
            reported = writer.last_reported()
        store = kind(tmp_path / "state", 100_000)
        lowest, highest = lowest_and_highest(store)
        store.close()
        assert reported <= lowest == highest


@pytest.mark.parametrize(
    "content",
    [b"this is no database, but long enough to be looked at" * 40, b"SQLite format 3\x00" + b"\x00" * 4_000],
)
def test_a_file_that_is_not_a_store_is_an_error_that_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(StateError, match="move it away"):
        SqliteStore(path, 100_000)


def test_a_missing_directory_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "state", 100_000)


def test_a_state_file_is_a_plain_sqlite_database(tmp_path: Path) -> None:
    """Any SQLite tool can read it."""
    store = SqliteStore(tmp_path / "state", 100_000)
    store.write({"t": {b"a": b"1"}})
    store.commit()
    store.close()
    connection = sqlite3.connect(tmp_path / "state")
    try:
        assert connection.execute("SELECT key, value FROM t").fetchall() == [(b"a", b"1")]
    finally:
        connection.close()
