"""Tables over a store: unwritten changes, keys in order, and a cache that evicts the least recently used."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.engine.cache import Cache
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.tables import OrderedTable, WriteBatch

END: Final = b"\xff" * 9


def test_a_write_batch_reaches_the_store_as_a_whole() -> None:
    store, write_batch = MemoryStore(), WriteBatch()
    write_batch.put("t", b"a", b"1")
    write_batch.put("t", b"b", b"1")
    write_batch.put("u", b"a", b"2")
    assert store.get("t", b"a") is None
    write_batch.write_to(store)
    assert [store.get(*where) for where in (("t", b"a"), ("t", b"b"), ("u", b"a"))] == [b"1", b"1", b"2"]


def test_the_last_change_of_a_key_counts() -> None:
    store, write_batch = MemoryStore(), WriteBatch()
    write_batch.put("t", b"a", b"1")
    write_batch.put("t", b"a", b"2")
    write_batch.put("t", b"b", b"1")
    write_batch.put("t", b"b", None)
    write_batch.put("t", b"c", None)
    write_batch.put("t", b"c", b"1")
    write_batch.write_to(store)
    assert list(store.scan("t", b"", END)) == [(b"a", b"2"), (b"c", b"1")]


def test_written_changes_are_not_written_again() -> None:
    store, write_batch = MemoryStore(), WriteBatch()
    write_batch.put("t", b"a", b"1")
    write_batch.write_to(store)
    store.write({"t": {b"a": b"changed since"}})
    write_batch.write_to(store)
    assert store.get("t", b"a") == b"changed since"


def test_an_ordered_table_shows_its_own_changes_at_once() -> None:
    store = MemoryStore()
    store.write({"t": {b"b": b"", b"d": b""}})
    table = OrderedTable(store, "t")
    table.put(b"c")
    table.put(b"a")
    table.delete(b"d")
    table.delete(b"never there")
    assert table.scan(b"", END) == [b"a", b"b", b"c"]
    assert table.scan(b"b", b"c") == [b"b"]


def test_a_deleted_key_may_be_added_again() -> None:
    table = OrderedTable(MemoryStore(), "t")
    table.put(b"a")
    table.delete(b"a")
    assert table.scan(b"", END) == []
    table.put(b"a")
    assert table.scan(b"", END) == [b"a"]


def test_a_drop_covers_unwritten_keys_too() -> None:
    store = MemoryStore()
    store.write({"t": {b"a": b"", b"c": b""}})
    table = OrderedTable(store, "t")
    table.put(b"b")
    table.put(b"d")
    table.drop(b"", b"d")
    assert table.scan(b"", END) == [b"d"]


ACTS: Final = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "drop", "scan"]), st.binary(max_size=1), st.binary(max_size=1)
    ),
    max_size=40,
)


@given(ACTS)
def test_an_ordered_table_is_a_set_of_keys(acts: list[tuple[str, bytes, bytes]]) -> None:
    table, keys = OrderedTable(MemoryStore(), "t"), set[bytes]()
    for act, key, stop in acts:
        if act == "put":
            table.put(key)
            keys.add(key)
        elif act == "delete":
            table.delete(key)
            keys.discard(key)
        elif act == "drop":
            table.drop(key, stop)
            keys = {one for one in keys if not key <= one < stop}
        else:
            assert table.scan(key, stop) == sorted(one for one in keys if key <= one < stop)
    assert table.scan(b"", END) == sorted(keys)


class Loader:
    """Returns lists of as many items as the identity says, and records the requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, identity: str) -> list[int]:
        self.asked.append(identity)
        return [0] * int(identity[1:])


def cache(limit: int | None) -> tuple[Cache[list[int]], Loader]:
    loader = Loader()
    return Cache(loader, len, limit), loader


def test_a_cached_value_is_loaded_once() -> None:
    kept, loader = cache(10)
    first = kept.get("a3")
    assert kept.get("a3") is first
    kept.trim()
    assert kept.get("a3") is first
    assert loader.asked == ["a3"]


def test_nothing_is_evicted_before_trim() -> None:
    kept, _ = cache(1)
    for identity in ("a3", "b3", "c3"):
        kept.get(identity)
    assert len(kept) == 3


def test_trim_evicts_the_least_recently_used_down_to_the_limit() -> None:
    kept, loader = cache(6)
    for identity in ("a3", "b3", "a3", "c3"):
        kept.get(identity)
        kept.trim()
    assert ["a3" in kept, "b3" in kept, "c3" in kept] == [True, False, True]
    kept.get("b3")
    assert loader.asked == ["a3", "b3", "c3", "b3"]


@pytest.mark.parametrize(("limit", "left"), [(6, 2), (5, 1), (3, 1), (2, 0), (0, 0), (None, 2)])
def test_a_weight_equal_to_the_limit_is_allowed(limit: int | None, left: int) -> None:
    kept, _ = cache(limit)
    kept.get("a3")
    kept.get("b3")
    kept.trim()
    assert len(kept) == left


def test_a_cached_value_that_grows_weighs_more() -> None:
    kept, _ = cache(6)
    kept.get("b2")
    kept.get("a3")
    kept.trim()
    kept.get("a3").extend([0] * 3)
    kept.trim()
    assert ["a3" in kept, "b2" in kept] == [True, False]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4), st.booleans()), max_size=40))
def test_a_cache_never_weighs_more_than_its_limit_after_trim(used: list[tuple[str, int, bool]]) -> None:
    kept, _ = cache(9)
    for name, size, trims in used:
        kept.get(f"{name}{size}").extend([0] * size)
        if trims:
            kept.trim()
            weight = sum(
                len(kept.get(identity))
                for identity in [f"{n}{s}" for n in "abcdef" for s in range(5)]
                if identity in kept
            )
            assert weight <= 9
