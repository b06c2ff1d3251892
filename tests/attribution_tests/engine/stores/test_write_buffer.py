"""A write buffer reads like a plain store, and does not change the store behind it until it commits."""

from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.store import Changes, Store
from attribution.engine.stores.write_buffer import WriteBuffer

TABLES: Final = ("a", "b", "c")
END: Final = b"\xff" * 4

Rows = dict[str, list[tuple[bytes, bytes]]]


class Behind(MemoryStore):
    """Records the calls that change it, and survives a close like a store on disk."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.is_closed = False

    def write(self, changes: Changes) -> None:
        self.calls.append("write")
        super().write(changes)

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        self.calls.append("drop")
        rows = super().scan(table, start, stop)
        super().write({table: dict.fromkeys([key for key, _ in rows])})

    def commit(self) -> None:
        self.calls.append("commit")

    def close(self) -> None:
        self.is_closed = True


def rows_of(store: Store, tables: tuple[str, ...] = TABLES) -> Rows:
    return {table: list(store.scan(table, b"", END)) for table in tables}


def copy_of(rows: Rows) -> MemoryStore:
    copy = MemoryStore()
    copy.write({table: dict(found) for table, found in rows.items()})
    return copy


KEYS: Final = st.binary(max_size=2).map(lambda key: bytes(byte % 5 for byte in key))
BOUNDS: Final = st.one_of(KEYS, st.just(END))
A_TABLE: Final = st.sampled_from(TABLES)
VALUES: Final = st.none() | st.binary(max_size=2)
CHANGES: Final = st.dictionaries(A_TABLE, st.dictionaries(KEYS, VALUES, max_size=6))


class WriteBufferMachine(RuleBasedStateMachine):
    """Compares a write buffer with a plain store that gets the same changes and commits."""

    @initialize(changes=CHANGES, unlogged=st.sets(A_TABLE))
    def begin(self, changes: Changes, unlogged: set[str]) -> None:
        self.behind = Behind()
        self.behind.write(changes)
        self.behind.calls.clear()
        self.logged = tuple(table for table in TABLES if table not in unlogged)
        self.unlogged = unlogged
        self.committed = rows_of(self.behind)
        self.open()

    def open(self) -> None:
        self.write_buffer = WriteBuffer(self.behind, self.unlogged)
        self.plain = copy_of(self.committed)

    @rule(changes=CHANGES)
    def write(self, changes: Changes) -> None:
        self.write_buffer.write(changes)
        self.plain.write(changes)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS)
    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        self.write_buffer.drop(table, start, stop)
        self.plain.drop(table, start, stop)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS, key=KEYS, value=st.binary(max_size=2))
    def drop_then_write(self, table: str, start: bytes, stop: bytes, key: bytes, value: bytes) -> None:
        self.drop(table, start, stop)
        self.write({table: {key: value}})
        assert self.write_buffer.get(table, key) == value

    @rule(table=A_TABLE, key=KEYS)
    def get(self, table: str, key: bytes) -> None:
        assert self.write_buffer.get(table, key) == self.plain.get(table, key)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS)
    def scan(self, table: str, start: bytes, stop: bytes) -> None:
        assert list(self.write_buffer.scan(table, start, stop)) == list(self.plain.scan(table, start, stop))

    @rule()
    def commit(self) -> None:
        self.write_buffer.commit()
        self.committed = rows_of(self.plain)
        assert self.behind.calls.count("commit") == self.behind.calls.count("write") == 1
        assert self.behind.calls[-1] == "commit"
        assert list(self.write_buffer.changed()) == []
        self.behind.calls.clear()

    @rule()
    def close_without_commit(self) -> None:
        self.write_buffer.close()
        assert self.behind.is_closed
        self.behind.is_closed = False
        self.open()

    @invariant()
    def reads_like_a_plain_store(self) -> None:
        assert rows_of(self.write_buffer) == rows_of(self.plain)

    @invariant()
    def leaves_the_store_behind_alone(self) -> None:
        assert self.behind.calls == []
        assert rows_of(self.behind) == self.committed
        assert self.write_buffer.size_bytes() == self.behind.size_bytes()

    @invariant()
    def changelog_gets_what_a_commit_writes(self) -> None:
        changed = list(self.write_buffer.changed())
        places = [(table, key) for table, key, _ in changed]
        assert places == sorted(set(places))
        assert {table for table, _ in places} <= set(self.logged)
        restored = copy_of({table: self.committed[table] for table in self.logged})
        for table, key, value in changed:
            restored.write({table: {key: value}})
        assert rows_of(restored, self.logged) == rows_of(self.plain, self.logged)


TestWriteBufferMachine = WriteBufferMachine.TestCase


@pytest.fixture
def behind() -> Behind:
    store = Behind()
    store.write({"t": {b"a": b"1", b"b": b"1", b"c": b"1"}})
    store.calls.clear()
    return store


@pytest.mark.parametrize("unlogged", [(), ("t",)])
class TestWriteBuffer:
    def test_keeps_writes_after_a_drop(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        write_buffer = WriteBuffer(behind, unlogged)
        write_buffer.write({"t": {b"b": b"2", b"bb": b"2"}})
        write_buffer.drop("t", b"a", b"c")
        write_buffer.write({"t": {b"b": b"3"}})
        expected = [(b"b", b"3"), (b"c", b"1")]
        assert list(write_buffer.scan("t", b"", END)) == expected
        write_buffer.commit()
        assert list(behind.scan("t", b"", END)) == expected

    def test_applies_a_drop_once(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        write_buffer = WriteBuffer(behind, unlogged)
        write_buffer.drop("t", b"", END)
        write_buffer.commit()
        for key in (b"a", b"b"):
            write_buffer.write({"t": {key: b"2"}})
            write_buffer.commit()
        assert list(behind.scan("t", b"", END)) == [(b"a", b"2"), (b"b", b"2")]

    def test_a_drop_excludes_its_end(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        write_buffer = WriteBuffer(behind, unlogged)
        write_buffer.drop("t", b"a", b"b")
        assert [write_buffer.get("t", key) for key in (b"a", b"b")] == [None, b"1"]


def test_a_drop_of_a_logged_table_deletes_key_by_key(behind: Behind) -> None:
    write_buffer = WriteBuffer(behind, ())
    write_buffer.drop("t", b"b", END)
    assert list(write_buffer.changed()) == [("t", b"b", None), ("t", b"c", None)]


def test_a_drop_of_an_unlogged_table_reaches_the_store_as_a_range(behind: Behind) -> None:
    write_buffer = WriteBuffer(behind, ("t",))
    write_buffer.drop("t", b"b", END)
    assert list(write_buffer.changed()) == []
    write_buffer.commit()
    assert behind.calls == ["drop", "write", "commit"]
