"""The event-time merge: several inputs, each in its own order, become one in the total order (design, section 4)."""

from collections.abc import Iterable

from attribution.engine.record import Record


class Merge:
    """Buffers records of several inputs and releases those that nothing can precede any more.

    An input that is caught up (at its end) is not waited for. Release is by the whole key (record timestamp, rank,
    partition, offset), where an input counts with the running maximum of its timestamps: there is always progress.

    >>> merge = Merge(["a", "b"])
    >>> merge.add("a", [Record(1, 0, 0, 0, "a", None, b"", None), Record(5, 0, 0, 1, "a", None, b"", None)])
    >>> merge.hungry()
    'b'
    >>> merge.add("b", [Record(3, 1, 0, 0, "b", None, b"", None)])
    >>> [record.timestamp for record in merge.release()]
    [1, 3]
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._frontiers: dict[str, tuple[int, int, int, int] | None] = dict.fromkeys(inputs)
        self._caught_up: set[str] = set()
        self._buffer: list[tuple[tuple[int, int, int, int], Record]] = []

    def add(self, name: str, records: list[Record]) -> None:
        """Take in the next records of an input."""
        self._caught_up.discard(name)
        if not records:
            return
        before = self._frontiers[name]
        latest = before[0] if before else 0
        for record in records:
            latest = max(latest, record.timestamp)
            self._buffer.append(((latest, *record[1:4]), record))
        self._frontiers[name] = (latest, *records[-1][1:4])

    def catch_up(self, name: str) -> None:
        """Note that there is nothing more to read of an input for now."""
        self._caught_up.add(name)

    def wake(self) -> None:
        """Ask all inputs again."""
        self._caught_up.clear()

    def hungry(self) -> str | None:
        """Return the input whose next records are waited for first, or None if all are caught up."""
        waiting = [name for name in self._frontiers if name not in self._caught_up]
        return min(waiting, key=lambda name: self._frontiers[name] or (-1,), default=None)

    def release(self) -> list[Record]:
        """Return what nothing can precede any more, in the total order."""
        name = self.hungry()
        if name is None:
            released, self._buffer = self._buffer, []
            released.sort(key=_key)
            return [record for _, record in released]
        frontier = self._frontiers[name]
        if frontier is None:
            return []
        released = [item for item in self._buffer if item[0] <= frontier]
        if released:
            self._buffer = [item for item in self._buffer if item[0] > frontier]
            released.sort(key=_key)
        return [record for _, record in released]

    def __len__(self) -> int:
        return len(self._buffer)


def _key(item: tuple[tuple[int, int, int, int], Record]) -> tuple[int, int, int, int]:
    return item[0]
