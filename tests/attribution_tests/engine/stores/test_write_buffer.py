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
        self.told: list[str] = []
        self.is_closed = False

    def write(self, changes: Changes) -> None:
        self.told.append("write")
        super().write(changes)

    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        self.told.append("drop")
        rows = super().scan(table, start, stop)
        super().write({table: dict.fromkeys([key for key, _ in rows])})

    def commit(self) -> None:
        self.told.append("commit")

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


class OverlayMachine(RuleBasedStateMachine):
    """Compares a write buffer with a plain store that gets the same changes and commits."""

    @initialize(changes=CHANGES, unlogged=st.sets(A_TABLE))
    def begin(self, changes: Changes, unlogged: set[str]) -> None:
        self.behind = Behind()
        self.behind.write(changes)
        self.behind.told.clear()
        self.logged = tuple(table for table in TABLES if table not in unlogged)
        self.unlogged = unlogged
        self.committed = rows_of(self.behind)
        self.open()

    def open(self) -> None:
        self.overlay = WriteBuffer(self.behind, self.unlogged)
        self.plain = copy_of(self.committed)

    @rule(changes=CHANGES)
    def write(self, changes: Changes) -> None:
        self.overlay.write(changes)
        self.plain.write(changes)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS)
    def drop(self, table: str, start: bytes, stop: bytes) -> None:
        self.overlay.drop(table, start, stop)
        self.plain.drop(table, start, stop)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS, key=KEYS, value=st.binary(max_size=2))
    def drop_then_write(self, table: str, start: bytes, stop: bytes, key: bytes, value: bytes) -> None:
        self.drop(table, start, stop)
        self.write({table: {key: value}})
        assert self.overlay.get(table, key) == value

    @rule(table=A_TABLE, key=KEYS)
    def get(self, table: str, key: bytes) -> None:
        assert self.overlay.get(table, key) == self.plain.get(table, key)

    @rule(table=A_TABLE, start=BOUNDS, stop=BOUNDS)
    def scan(self, table: str, start: bytes, stop: bytes) -> None:
        assert list(self.overlay.scan(table, start, stop)) == list(self.plain.scan(table, start, stop))

    @rule()
    def commit(self) -> None:
        self.overlay.commit()
        self.committed = rows_of(self.plain)
        assert self.behind.told.count("commit") == self.behind.told.count("write") == 1
        assert self.behind.told[-1] == "commit"
        assert list(self.overlay.changed()) == []
        self.behind.told.clear()

    @rule()
    def close_without_commit(self) -> None:
        self.overlay.close()
        assert self.behind.is_closed
        self.behind.is_closed = False
        self.open()

    @invariant()
    def reads_like_a_plain_store(self) -> None:
        assert rows_of(self.overlay) == rows_of(self.plain)

    @invariant()
    def leaves_the_store_behind_alone(self) -> None:
        assert self.behind.told == []
        assert rows_of(self.behind) == self.committed
        assert self.overlay.size_bytes() == self.behind.size_bytes()

    @invariant()
    def tells_a_changelog_all_that_a_commit_would_do(self) -> None:
        changed = list(self.overlay.changed())
        places = [(table, key) for table, key, _ in changed]
        assert places == sorted(set(places))
        assert {table for table, _ in places} <= set(self.logged)
        restored = copy_of({table: self.committed[table] for table in self.logged})
        for table, key, value in changed:
            restored.write({table: {key: value}})
        assert rows_of(restored, self.logged) == rows_of(self.plain, self.logged)


TestOverlayMachine = OverlayMachine.TestCase


@pytest.fixture
def behind() -> Behind:
    store = Behind()
    store.write({"t": {b"a": b"1", b"b": b"1", b"c": b"1"}})
    store.told.clear()
    return store


@pytest.mark.parametrize("unlogged", [(), ("t",)])
class TestAnOverlay:
    def test_keeps_writes_after_a_drop(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        overlay = WriteBuffer(behind, unlogged)
        overlay.write({"t": {b"b": b"2", b"bb": b"2"}})
        overlay.drop("t", b"a", b"c")
        overlay.write({"t": {b"b": b"3"}})
        expected = [(b"b", b"3"), (b"c", b"1")]
        assert list(overlay.scan("t", b"", END)) == expected
        overlay.commit()
        assert list(behind.scan("t", b"", END)) == expected

    def test_applies_a_drop_once(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        overlay = WriteBuffer(behind, unlogged)
        overlay.drop("t", b"", END)
        overlay.commit()
        for key in (b"a", b"b"):
            overlay.write({"t": {key: b"2"}})
            overlay.commit()
        assert list(behind.scan("t", b"", END)) == [(b"a", b"2"), (b"b", b"2")]

    def test_a_drop_excludes_its_end(self, behind: Behind, unlogged: tuple[str, ...]) -> None:
        overlay = WriteBuffer(behind, unlogged)
        overlay.drop("t", b"a", b"b")
        assert [overlay.get("t", key) for key in (b"a", b"b")] == [None, b"1"]


def test_a_drop_of_a_logged_table_deletes_key_by_key(behind: Behind) -> None:
    overlay = WriteBuffer(behind, ())
    overlay.drop("t", b"b", END)
    assert list(overlay.changed()) == [("t", b"b", None), ("t", b"c", None)]


def test_a_drop_of_an_unlogged_table_reaches_the_store_as_a_range(behind: Behind) -> None:
    overlay = WriteBuffer(behind, ("t",))
    overlay.drop("t", b"b", END)
    assert list(overlay.changed()) == []
    overlay.commit()
    assert behind.told == ["drop", "write", "commit"]
