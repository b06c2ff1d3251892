"""One behaviour of all stores; and what a store in a file must do besides."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.engine.memory_store import MemoryStore
from attribution.engine.sqlite_store import SqliteStore
from attribution.engine.store import Store, after_prefix
from attribution.errors import StateError

END: Final = b"\xff" * 20


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state", 100_000)
    yield opened
    opened.close()


def rows(of: Store, table: str = "t", start: bytes = b"", stop: bytes = END) -> list[tuple[bytes, bytes]]:
    return list(of.scan(table, start, stop))


class TestEveryStore:
    def test_knows_nothing_of_what_was_never_written(self, store: Store) -> None:
        assert (store.get("t", b"k"), rows(store)) == (None, [])
        store.drop("t", b"", END)
        store.write({})
        store.commit()

    def test_returns_what_was_written(self, store: Store) -> None:
        store.write({"t": {b"k": b"1", b"": b"empty key", b"e": b""}, "u": {b"k": b"2"}})
        assert [store.get("t", key) for key in (b"k", b"", b"e", b"x")] == [b"1", b"empty key", b"", None]
        assert store.get("u", b"k") == b"2"

    def test_replaces_and_takes_away(self, store: Store) -> None:
        store.write({"t": {b"a": b"1", b"b": b"1"}})
        store.write({"t": {b"a": b"2", b"b": None, b"never": None}})
        assert rows(store) == [(b"a", b"2")]

    def test_scans_in_the_order_of_bytes_the_end_excluded(self, store: Store) -> None:
        keys = [b"", b"\x00", b"a", b"a\x00", b"ab", b"b", b"\x7f", b"\x80", b"\xff"]
        store.write({"t": {key: key for key in reversed(keys)}})
        assert rows(store) == [(key, key) for key in sorted(keys)]
        assert rows(store, start=b"a", stop=b"b") == [(key, key) for key in (b"a", b"a\x00", b"ab")]
        assert rows(store, start=b"b", stop=b"b") == []
        assert rows(store, start=b"b", stop=b"a") == []

    def test_drops_a_range_the_end_excluded(self, store: Store) -> None:
        store.write({"t": {bytes((key,)): b"" for key in range(6)}, "u": {b"\x03": b""}})
        store.drop("t", b"\x02", b"\x04")
        assert [key for key, _ in rows(store)] == [b"\x00", b"\x01", b"\x04", b"\x05"]
        assert len(rows(store, "u")) == 1

    def test_shows_what_was_written_before_and_after_a_commit(self, store: Store) -> None:
        store.write({"t": {b"k": b"1"}})
        store.commit()
        store.write({"t": {b"k": b"2"}})
        assert store.get("t", b"k") == b"2"
        store.commit()
        assert store.get("t", b"k") == b"2"

    def test_takes_any_bytes_for_keys_and_values(self, store: Store) -> None:
        everything = bytes(range(256))
        store.write({"t": {everything: everything * 1_000}})
        assert store.get("t", everything) == everything * 1_000

    def test_takes_more_room_the_more_it_holds(self, store: Store) -> None:
        store.write({"t": {b"first": b""}})
        store.commit()
        before = store.size_bytes()
        store.write({"t": {number.to_bytes(4, "big"): b"x" * 1_000 for number in range(1_000)}})
        store.commit()
        assert store.size_bytes() >= before + 1_000_000

    def test_may_be_changed_between_scans(self, store: Store) -> None:
        store.write({"t": {b"a": b"", b"b": b""}})
        for key, _ in rows(store):
            store.write({"t": {key: None, key + b"2": b""}})
        assert [key for key, _ in rows(store)] == [b"a2", b"b2"]


def test_memory_gives_back_the_room_of_what_is_taken_away() -> None:
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
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(CHANGES)
def test_both_stores_hold_the_same_after_the_same_changes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, bytes, Any]]
) -> None:
    memory, file = MemoryStore(), SqliteStore(tmp_path_factory.mktemp("store") / "state", 10_000)
    try:
        for what, key, value in changes:
            for store in (memory, file):
                if what == "drop":
                    store.drop("t", key, value)
                else:
                    store.write({"t": {key: value}})
        assert rows(memory) == rows(file)
    finally:
        file.close()


@pytest.mark.parametrize(
    ("prefix", "after"),
    [(b"a", b"b"), (b"a\xff", b"b"), (b"a\xff\xff", b"b"), (b"\x00", b"\x01"), (b"a\xfe", b"a\xff")],
)
def test_the_key_after_all_that_begin_with_a_prefix(prefix: bytes, after: bytes) -> None:
    assert after_prefix(prefix) == after
    assert prefix < prefix + b"\xff" * 9 < after


def reopened(path: Path) -> list[tuple[bytes, bytes]]:
    store = SqliteStore(path, 100_000)
    try:
        return rows(store)
    finally:
        store.close()


def test_what_was_committed_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state", 100_000)
    store.write({"t": {b"a": b"1"}})
    store.commit()
    store.close()
    assert reopened(tmp_path / "state") == [(b"a", b"1")]


def test_what_was_not_committed_is_gone_when_the_file_is_opened_again(tmp_path: Path) -> None:
    """All of it: what was written, taken away, dropped, and the tables that were made for it."""
    store = SqliteStore(tmp_path / "state", 100_000)
    store.write({"t": {b"a": b"1", b"b": b"1", b"c": b"1"}})
    store.commit()
    store.write({"t": {b"a": b"2", b"b": None, b"d": b"1"}, "new": {b"k": b""}})
    store.drop("t", b"c", b"d")
    store.close()
    assert reopened(tmp_path / "state") == [(b"a", b"1"), (b"b", b"1"), (b"c", b"1")]
    store = SqliteStore(tmp_path / "state", 100_000)
    assert store.get("new", b"k") is None
    store.write({"new": {b"k": b"again"}})
    assert store.get("new", b"k") == b"again"
    store.close()


def test_a_file_that_another_run_has_open_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state"
    store = SqliteStore(path, 100_000)
    store.write({"t": {b"a": b"1"}})
    try:
        with pytest.raises(StateError, match=rf"{path}: .*locked.*is another run using it\?"):
            SqliteStore(path, 100_000)
    finally:
        store.close()
    assert reopened(path) == []


@pytest.mark.parametrize(
    "content",
    [b"this is no database, but long enough to be looked at" * 40, b"SQLite format 3\x00" + b"\x00" * 4_000],
)
def test_a_file_that_is_no_state_is_an_error_that_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(StateError, match="move it away"):
        SqliteStore(path, 100_000)


def test_a_directory_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "state", 100_000)


def test_a_state_file_is_a_plain_sqlite_database(tmp_path: Path) -> None:
    """Whoever wants to look into it needs no tool of ours."""
    store = SqliteStore(tmp_path / "state", 100_000)
    store.write({"t": {b"a": b"1"}})
    store.commit()
    store.close()
    connection = sqlite3.connect(tmp_path / "state")
    try:
        assert connection.execute("SELECT key, value FROM t").fetchall() == [(b"a", b"1")]
    finally:
        connection.close()
