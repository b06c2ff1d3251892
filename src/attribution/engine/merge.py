"""The event-time merge: it brings several inputs into one total order."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate, islice
from typing import Final, NamedTuple, TypeAlias

from attribution.engine.record import Record

Key: TypeAlias = tuple[int, int, int, int]
NOWHERE: Final = (-1, 0, 0, 0)
"""The key before all others: nothing has been released yet."""
_END: Final = (2**63, 0, 0, 0)
_RANK_BITS: Final = 4
"""Ranks are below 16: a timestamp and a rank form one number, the sort key of a record."""


class _Run(NamedTuple):
    """Records of an input, and their sort keys in non-descending order."""

    sort_keys: list[int]
    records: list[Record]


class Merge:
    """Buffers records of several inputs and releases those that nothing can precede.

    The merge does not wait for an input that is caught up (at its end). It releases by the whole key (record
    timestamp, rank, partition, offset). An input counts with the running maximum of its (timestamp, rank), so
    that there is always progress.

    >>> merge = Merge(["a", "b"])
    >>> merge.add("a", [Record(1, 0, 0, 0, "a", None, b"", None), Record(5, 0, 0, 1, "a", None, b"", None)])
    >>> merge.next_input()
    'b'
    >>> merge.add("b", [Record(3, 1, 0, 0, "b", None, b"", None)])
    >>> [record.timestamp for record in merge.release()]
    [1, 3]
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._inputs = {name: _Input() for name in inputs}
        self._caught_up: set[str] = set()
        self._released: list[Record] = []
        self.released_to: Key | None = NOWHERE
        """The key up to which everything was released, or None if nothing more was left."""

    def add(self, name: str, records: list[Record]) -> None:
        """Add the next records of an input."""
        self._caught_up.discard(name)
        self._inputs[name].add(records)

    def catch_up(self, name: str) -> None:
        """Record that there is nothing more to read of an input for now."""
        self._caught_up.add(name)

    def advance(self, name: str, key: Key) -> None:
        """Record that all later records of an input sort after a key."""
        self._caught_up.discard(name)
        self._inputs[name].advance(key)

    def first_offset(self, name: str) -> int | None:
        """Return the offset of the first buffered record of an input, or None."""
        return self._inputs[name].first_offset()

    def buffered(self, name: str) -> int:
        """Return how many records of an input are buffered."""
        return len(self._inputs[name])

    def wake(self) -> None:
        """Treat no input as caught up."""
        self._caught_up.clear()

    def next_input(self) -> str | None:
        """Return the input that the merge waits for first, or None if all are caught up."""
        waiting = (name for name in self._inputs if name not in self._caught_up)
        return min(waiting, key=lambda name: self._inputs[name].frontier, default=None)

    def release(self, most: int | None = None) -> list[Record]:
        """Return the records that nothing can precede, in the total order; at most ``most`` of each input."""
        name = self.next_input()
        self.released_to = None if name is None else self._inputs[name].frontier
        if most is not None:
            ends = [end for source in self._inputs.values() if (end := source.key_of(most)) is not None]
            self.released_to = min(
                [*ends, *([] if self.released_to is None else [self.released_to])], default=None
            )
        frontier = self.released_to or _END
        self._released = _merged(
            [run for source in self._inputs.values() if (run := source.release(frontier))]
        )
        return self._released

    def give_back(self, taken: int) -> None:
        """Keep the last release, except its first ``taken`` records, for the next release.

        Nothing may be added in between.
        """
        left = set(map(id, self._released[taken:]))
        for source in self._inputs.values():
            source.give_back(left)
        last = self._released[taken - 1]
        keys = (source.key_if_last(last) for source in self._inputs.values())
        self.released_to = next(key for key in keys if key is not None)

    def __len__(self) -> int:
        return sum(map(len, self._inputs.values()))


class _Input:
    """The buffer of an input."""

    def __init__(self) -> None:
        self.frontier: Key = NOWHERE
        self._sort_keys: list[int] = []
        self._records: list[Record] = []
        self._start = 0

    def add(self, records: list[Record]) -> None:
        if not records:
            return
        sort_keys = [(record.timestamp << _RANK_BITS) + record.rank for record in records]
        latest = _sort_key(self.frontier)
        if sort_keys[0] < latest or sort_keys != sorted(sort_keys):
            sort_keys = list(islice(accumulate(sort_keys, max, initial=latest), 1, None))
        self._forget()
        self._sort_keys += sort_keys
        self._records += records
        self.frontier = _key(sort_keys[-1], records[-1])

    def advance(self, key: Key) -> None:
        self.frontier = max(self.frontier, key)

    def first_offset(self) -> int | None:
        return self._records[self._start].offset if len(self) else None

    def key_of(self, number: int) -> Key | None:
        """Return the key of the ``number``-th buffered record, or None if there are fewer."""
        if len(self) < number:
            return None
        place = self._start + number - 1
        return _key(self._sort_keys[place], self._records[place])

    def key_if_last(self, record: Record) -> Key | None:
        """Return the key of a record if it is the last that was released, else None."""
        last = self._start - 1
        is_here = last >= 0 and self._records[last] is record
        return _key(self._sort_keys[last], record) if is_here else None

    def release(self, frontier: Key) -> _Run | None:
        """Remove and return the records up to the frontier."""
        sort_key, start = _sort_key(frontier), self._start
        stop = bisect_left(self._sort_keys, sort_key, lo=start)
        ties = bisect_right(self._sort_keys, sort_key, lo=stop)
        self._start = bisect_right(self._records, frontier[2:], lo=stop, hi=ties, key=_tie_break)
        if start == self._start:
            return None
        return _Run(self._sort_keys[start : self._start], self._records[start : self._start])

    def give_back(self, left: set[int]) -> None:
        """Take back the records in ``left``, by object id: inputs may have records with the same key."""
        while self._start and id(self._records[self._start - 1]) in left:
            self._start -= 1

    def _forget(self) -> None:
        del self._sort_keys[: self._start]
        del self._records[: self._start]
        self._start = 0

    def __len__(self) -> int:
        return len(self._records) - self._start


def _merged(runs: list[_Run]) -> list[Record]:
    """Return the records of all runs in the total order; compare whole keys only if runs share a sort key."""
    if len(runs) == 1:
        return runs[0].records
    sort_keys: list[int] = []
    records: list[Record] = []
    for run in runs:
        sort_keys += run.sort_keys
        records += run.records
    sort_key_of = sort_keys.__getitem__
    order = sorted(range(len(sort_keys)), key=sort_key_of)
    for sort_key in _shared_sort_keys(runs):
        start = bisect_left(order, sort_key, key=sort_key_of)
        stop = bisect_right(order, sort_key, lo=start, key=sort_key_of)
        order[start:stop] = sorted(order[start:stop], key=lambda place: _tie_break(records[place]))
    return [records[place] for place in order]


def _shared_sort_keys(runs: list[_Run]) -> set[int]:
    seen: set[int] = set()
    shared: set[int] = set()
    for run in sorted(runs, key=lambda run: len(run.sort_keys)):
        shared |= seen.intersection(run.sort_keys)
        seen.update(run.sort_keys)
    return shared


def _sort_key(key: Key) -> int:
    return (key[0] << _RANK_BITS) + key[1]


def _tie_break(record: Record) -> tuple[int, int]:
    return record.partition, record.offset


def _key(sort_key: int, record: Record) -> Key:
    return sort_key >> _RANK_BITS, sort_key & (1 << _RANK_BITS) - 1, record.partition, record.offset
