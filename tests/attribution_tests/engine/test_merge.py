"""The event-time merge: any sequence of reads gives the total order, and the merge never stalls."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.engine.merge import Merge
from attribution.engine.record import Record

NAMES: Final = ("a", "b", "c", "d")
RANKS: Final = {"a": 0, "b": 0, "c": 1, "d": 2}
"""Two topics share a rank, as the reference topics do."""


def record(name: str, timestamp: int, offset: int) -> Record:
    return Record(timestamp, RANKS[name], 0, offset, name, None, b"", None)


def log(name: str, timestamps: list[int]) -> list[Record]:
    return [record(name, timestamp, offset) for offset, timestamp in enumerate(timestamps)]


def total_order(logs: dict[str, list[Record]]) -> list[Record]:
    """Sort by running maximum timestamp of the input, rank, partition, offset, then by order of the inputs."""
    keyed = []
    for place, records in enumerate(logs.values()):
        latest = 0
        for one in records:
            latest = max(latest, one.timestamp)
            keyed.append(((latest, one.rank, one.partition, one.offset, place), one))
    return [one for _, one in sorted(keyed, key=lambda item: item[0])]


def read_all(logs: dict[str, list[Record]], reads: list[tuple[str, int]]) -> list[Record]:
    """Do the given reads first. Then read the next input one record at a time, as a host does."""
    merge, left, released = Merge(logs), {name: list(records) for name, records in logs.items()}, []
    turns = iter(reads)
    while (next_input := merge.next_input()) is not None:
        name, size = next(turns, (next_input, 1))
        if left[name]:
            merge.add(name, left[name][:size])
            del left[name][:size]
        else:
            merge.catch_up(name)
        released += merge.release()
    released += merge.release()
    assert len(merge) == 0
    return released


TIMES: Final = st.lists(st.integers(0, 12), max_size=15)
LOGS: Final = st.fixed_dictionaries(dict.fromkeys(NAMES, TIMES)).map(
    lambda times: {name: log(name, stamps) for name, stamps in times.items()}
)
SORTED_LOGS: Final = st.fixed_dictionaries({name: TIMES.map(sorted) for name in NAMES}).map(
    lambda times: {name: log(name, stamps) for name, stamps in times.items()}
)
READS: Final = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 6)), max_size=20)


@given(SORTED_LOGS, READS)
def test_any_interleaving_of_reads_releases_the_total_order(
    logs: dict[str, list[Record]], reads: list[tuple[str, int]]
) -> None:
    assert read_all(logs, reads) == total_order(logs)


@given(LOGS, READS)
def test_inputs_out_of_order_count_with_their_running_maximum(
    logs: dict[str, list[Record]], reads: list[tuple[str, int]]
) -> None:
    assert read_all(logs, reads) == total_order(logs)


@given(LOGS, READS)
def test_every_record_is_released_once_and_each_input_in_its_order(
    logs: dict[str, list[Record]], reads: list[tuple[str, int]]
) -> None:
    released = read_all(logs, reads)
    assert len(released) == sum(map(len, logs.values()))
    for name, records in logs.items():
        assert [one for one in released if one.topic == name] == records


@given(LOGS)
def test_a_read_of_the_next_input_always_makes_progress_possible(logs: dict[str, list[Record]]) -> None:
    """A read of the next input releases records, unless the merge needs another read or held nothing."""
    merge, left = Merge(logs), {name: list(records) for name, records in logs.items()}
    while (name := merge.next_input()) is not None:
        waiting = len(merge)
        if left[name]:
            merge.add(name, [left[name].pop(0)])
        else:
            merge.catch_up(name)
        released = merge.release()
        assert released or merge.next_input() is not None or waiting == 0


def test_nothing_is_released_while_an_input_is_unread() -> None:
    merge = Merge("ab")
    merge.add("a", log("a", [1, 2, 3]))
    assert (merge.next_input(), merge.release(), len(merge)) == ("b", [], 3)


def test_the_merge_does_not_wait_for_an_input_at_its_end() -> None:
    merge = Merge("ab")
    merge.add("a", log("a", [1, 2, 3]))
    merge.catch_up("b")
    assert [one.timestamp for one in merge.release()] == [1, 2, 3]
    merge.catch_up("a")
    assert (merge.next_input(), merge.release()) == (None, [])


def test_the_merge_waits_for_inputs_again_after_a_wake() -> None:
    merge = Merge("ab")
    merge.catch_up("a")
    merge.catch_up("b")
    merge.wake()
    merge.add("a", log("a", [1]))
    assert merge.next_input() == "b"
    assert merge.release() == []
    merge.add("b", log("b", [1]))
    assert [one.topic for one in merge.release()] == ["a", "b"]


def test_the_merge_still_waits_for_an_input_that_read_nothing() -> None:
    merge = Merge("ab")
    merge.add("a", log("a", [1]))
    merge.add("b", [])
    assert (merge.next_input(), merge.release()) == ("b", [])


@pytest.mark.parametrize("first", ["a", "b"])
def test_topics_of_one_rank_have_one_order_whichever_is_read_first(first: str) -> None:
    """The reference topics share a rank, a partition and often the offset."""
    merge = Merge("ab")
    second = "b" if first == "a" else "a"
    merge.add(first, log(first, [5, 5]))
    merge.add(second, log(second, [5, 5]))
    merge.catch_up("a")
    merge.catch_up("b")
    assert [(one.topic, one.offset) for one in merge.release()] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_records_given_back_are_released_again_even_with_equal_keys() -> None:
    """Topics of one rank have their own partitions and offsets, so records may share a sort key."""
    merge = Merge("abc")
    for name in "abc":
        merge.add(
            name, [Record(1, 0, 0, 0, name, None, b"", None), Record(2, 0, 0, 1, name, None, b"", None)]
        )
        merge.catch_up(name)
    assert [one.topic for one in merge.release(1)] == ["a", "b", "c"]
    merge.give_back(1)
    assert merge.released_to == (1, 0, 0, 0)
    assert [(one.topic, one.timestamp) for one in merge.release()] == [
        ("b", 1),
        ("c", 1),
        ("a", 2),
        ("b", 2),
        ("c", 2),
    ]


def test_a_limited_release_per_input_keeps_the_total_order() -> None:
    merge = Merge("ab")
    merge.add("a", [Record(time, 0, 0, time, "a", None, b"", None) for time in range(1, 6)])
    merge.add("b", [Record(4, 1, 0, 0, "b", None, b"", None)])
    merge.catch_up("a")
    merge.catch_up("b")
    released = []
    while batch := merge.release(2):
        assert len(batch) <= 3
        released += [(one.topic, one.timestamp) for one in batch]
    assert released == [("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 4), ("a", 5)]
    assert merge.released_to is None
