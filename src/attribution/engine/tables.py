"""Tables over a store: changes wait in an overlay until the unit of work is written."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from sortedcontainers import SortedDict

from attribution.engine.store import Store

A = TypeVar("A")


class Pending:
    """The changes of a unit of work that have not been written to the store yet."""

    def __init__(self) -> None:
        self.changes: dict[str, dict[bytes, bytes | None]] = {}

    def put(self, table: str, key: bytes, value: bytes | None) -> None:
        """Set a value; None takes the key away."""
        rows = self.changes.get(table)
        if rows is None:
            rows = self.changes[table] = {}
        rows[key] = value

    def write_to(self, store: Store) -> None:
        """Hand everything to the store."""
        store.write(self.changes)
        self.changes = {}


class OrderedTable:
    """A table that is scanned in key order, its own unwritten changes included."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._overlay = SortedDict()

    def put(self, key: bytes, value: bytes = b"") -> None:
        """Set a value."""
        self._overlay[key] = value

    def delete(self, key: bytes) -> None:
        """Take a key away."""
        self._overlay[key] = None

    def scan(self, start: bytes, stop: bytes) -> list[bytes]:
        """Return the keys with start <= key < stop, in order."""
        keys = {key for key, _ in self._store.scan(self._name, start, stop)}
        for key in self._overlay.irange(start, stop, inclusive=(True, False)):
            if self._overlay[key] is None:
                keys.discard(key)
            else:
                keys.add(key)
        return sorted(keys)

    def drop(self, start: bytes, stop: bytes) -> None:
        """Drop all keys with start <= key < stop."""
        for key in list(self._overlay.irange(start, stop, inclusive=(True, False))):
            del self._overlay[key]
        self._store.drop(self._name, start, stop)

    def flush(self, pending: Pending) -> None:
        """Move all changes to the unit of work."""
        for key, value in self._overlay.items():
            pending.put(self._name, key, value)
        self._overlay.clear()


class Cache(Generic[A]):
    """Aggregates by id, the least recently used of which are let go between units of work.

    ``weigh`` gives an aggregate's weight; together they weigh at most ``limit`` after ``trim`` (None: no limit).
    """

    def __init__(self, load: Callable[[str], A], weigh: Callable[[A], int], limit: int | None) -> None:
        self._load = load
        self._weigh = weigh
        self._limit = limit
        self._kept: OrderedDict[str, A] = OrderedDict()
        self.has_evicted = False

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, identity: str) -> bool:
        return identity in self._kept

    def get(self, identity: str) -> A:
        """Return an aggregate, loaded if need be."""
        kept = self._kept
        aggregate = kept.get(identity)
        if aggregate is None:
            aggregate = kept[identity] = self._load(identity)
        elif self._limit is not None:
            kept.move_to_end(identity)
        return aggregate

    def weight(self) -> int:
        """Return what all kept aggregates weigh."""
        return sum(map(self._weigh, self._kept.values()))

    def trim(self) -> None:
        """Let go of the least recently used until the rest is within the limit. Nothing may be unwritten."""
        if self._limit is None:
            return
        weight = self.weight()
        while weight > self._limit and self._kept:
            _, aggregate = self._kept.popitem(last=False)
            weight -= self._weigh(aggregate)
            self.has_evicted = True

    def values(self) -> Iterator[A]:
        """Yield the kept aggregates."""
        yield from self._kept.values()
