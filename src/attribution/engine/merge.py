"""The event-time merge: several inputs, each in its own order, become one in the total order (design, section 4)."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate, islice
from operator import attrgetter, gt, itemgetter
from typing import Final, TypeAlias

from attribution.engine.record import Record

Key: TypeAlias = tuple[int, int, int, int]
NOWHERE: Final = (-1, 0, 0, 0)
"""Before all keys: nothing has been released yet."""
_END: Final = (2**63, 0, 0, 0)
_KEY: Final = attrgetter("timestamp", "rank", "partition", "offset")


class Merge:
    """Buffers records of several inputs and releases those that nothing can precede any more.

    An input that is caught up (at its end) is not waited for. Release is by the whole key (record timestamp, rank,
    partition, offset), where an input counts with the running maximum of its (timestamp, rank): there is always progress.

    >>> merge = Merge(["a", "b"])
    >>> merge.add("a", [Record(1, 0, 0, 0, "a", None, b"", None), Record(5, 0, 0, 1, "a", None, b"", None)])
    >>> merge.hungry()
    'b'
    >>> merge.add("b", [Record(3, 1, 0, 0, "b", None, b"", None)])
    >>> [record.timestamp for record in merge.release()]
    [1, 3]
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._inputs = {name: _Input() for name in inputs}
        self._caught_up: set[str] = set()
        self._released: list[tuple[Key, Record]] = []
        self.released_to: Key | None = NOWHERE
        """The key up to which all was released, None when that was all there is."""

    def add(self, name: str, records: list[Record]) -> None:
        """Take in the next records of an input."""
        self._caught_up.discard(name)
        self._inputs[name].add(records)

    def catch_up(self, name: str) -> None:
        """Note that there is nothing more to read of an input for now."""
        self._caught_up.add(name)

    def advance(self, name: str, key: Key) -> None:
        """Note that all that follows of an input lies behind a key."""
        self._caught_up.discard(name)
        self._inputs[name].advance(key)

    def first_offset(self, name: str) -> int | None:
        """Return the offset of the first record that is held back of an input."""
        return self._inputs[name].first_offset()

    def buffered(self, name: str) -> int:
        """Return how many records are held back of an input."""
        return len(self._inputs[name])

    def wake(self) -> None:
        """Ask all inputs again."""
        self._caught_up.clear()

    def hungry(self) -> str | None:
        """Return the input whose next records are waited for first, or None if all are caught up."""
        waiting = (name for name in self._inputs if name not in self._caught_up)
        return min(waiting, key=lambda name: self._inputs[name].frontier, default=None)

    def release(self, most: int | None = None) -> list[Record]:
        """Return what nothing can precede any more, in the total order; at most so many records of an input."""
        name = self.hungry()
        self.released_to = None if name is None else self._inputs[name].frontier
        if most is not None:
            ends = [end for source in self._inputs.values() if (end := source.key_of(most)) is not None]
            self.released_to = min(
                [*ends, *([] if self.released_to is None else [self.released_to])], default=None
            )
        frontier = self.released_to or _END
        runs = [run for source in self._inputs.values() if (run := source.take(frontier))]
        self._released = [item for run in runs for item in run]
        if len(runs) > 1:
            self._released.sort(key=itemgetter(0))
        return [record for _, record in self._released]

    def give_back(self, taken: int) -> None:
        """Of what was released last, keep all but the first so many for the next time; nothing was added since."""
        self.released_to = self._released[taken - 1][0]
        left = {id(record) for _, record in self._released[taken:]}
        for source in self._inputs.values():
            source.give_back(left)

    def __len__(self) -> int:
        return sum(map(len, self._inputs.values()))


class _Input:
    """What is buffered of an input, each record with its key in the total order."""

    def __init__(self) -> None:
        self.frontier: Key = NOWHERE
        self._items: list[tuple[Key, Record]] = []
        self._start = 0

    def add(self, records: list[Record]) -> None:
        if not records:
            return
        keys: list[Key] = list(map(_KEY, records))
        if keys[0] < self.frontier or any(map(gt, keys, islice(keys, 1, None))):
            latest = islice(accumulate((key[:2] for key in keys), max, initial=self.frontier[:2]), 1, None)
            keys = [(*place, *key[2:]) for place, key in zip(latest, keys, strict=True)]
        del self._items[: self._start]
        self._start = 0
        self._items += zip(keys, records, strict=True)
        self.frontier = keys[-1]

    def advance(self, key: Key) -> None:
        self.frontier = max(self.frontier, key)

    def first_offset(self) -> int | None:
        return self._items[self._start][1].offset if len(self) else None

    def key_of(self, number: int) -> Key | None:
        """Return the key of the record that is behind so many less one."""
        return self._items[self._start + number - 1][0] if len(self) >= number else None

    def take(self, frontier: Key) -> list[tuple[Key, Record]]:
        """Remove and return what is not behind the frontier."""
        *before, offset = frontier
        stop = bisect_left(self._items, ((*before, offset + 1),), lo=self._start)
        taken = self._items[self._start : stop]
        self._start = stop
        return taken

    def give_back(self, left: set[int]) -> None:
        """Take back what was not taken, by the ids of the objects: inputs may have records of one key."""
        while self._start and id(self._items[self._start - 1][1]) in left:
            self._start -= 1

    def __len__(self) -> int:
        return len(self._items) - self._start
