"""Tables over a store: changes wait in an overlay until the unit of work is written."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from attribution.engine.stores.store import Store

A = TypeVar("A")
Identity = TypeVar("Identity", str, bytes)
_END: Final = b"\xff"
"""Behind all keys of tables that are scanned: they begin with a time or a bucket."""


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
    """A table that is scanned in key order: what is not written yet goes to the store before a scan."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._unwritten: dict[bytes, bytes | None] = {}

    def put(self, key: bytes) -> None:
        """Add a key."""
        self._unwritten[key] = b""

    def delete(self, key: bytes) -> None:
        """Take a key away."""
        self._unwritten[key] = None

    def scan(self, start: bytes, stop: bytes) -> list[bytes]:
        """Return the keys with start <= key < stop, in order."""
        self.write()
        return [key for key, _ in self._store.scan(self._name, start, stop)]

    def first(self) -> bytes | None:
        """Return the first key of all."""
        self.write()
        return next((key for key, _ in self._store.scan(self._name, b"", _END)), None)

    def drop(self, start: bytes, stop: bytes) -> None:
        """Drop all keys with start <= key < stop."""
        self.write()
        self._store.drop(self._name, start, stop)

    def write(self) -> None:
        """Hand all changes to the store."""
        if self._unwritten:
            self._store.write({self._name: self._unwritten})
            self._unwritten = {}


class Marks(Generic[Identity]):
    """A set that may tell of an id that it holds it, though it was never added; it takes 2 MiB however many are."""

    _BITS: Final = 1 << 24

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, identity: Identity) -> None:
        """Add an id."""
        if not self._bytes:
            self._bytes = bytearray(self._BITS // 8)
        place = hash(identity) % self._BITS
        self._bytes[place >> 3] |= 1 << (place & 7)

    def __contains__(self, identity: Identity) -> bool:
        place = hash(identity) % self._BITS
        return bool(self._bytes and self._bytes[place >> 3] & 1 << (place & 7))


class Cache(Generic[A]):
    """Aggregates by id, the least recently used of which are let go between units of work.

    ``weigh`` gives an aggregate's weight; together they weigh at most ``limit`` after ``trim`` (None: no limit).
    """

    def __init__(self, load: Callable[[str], A], weigh: Callable[[A], int], limit: int | None) -> None:
        self._load = load
        self._weigh = weigh
        self._limit = limit
        self._kept: dict[str, A] = {} if limit is None else OrderedDict()
        self._weights: dict[str, int] = {}
        self._used: dict[str, None] = {}
        self.weight = 0
        self._evicted: Marks[str] = Marks()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, identity: str) -> bool:
        return identity in self._kept

    def may_have_let_go(self, identity: str) -> bool:
        """Tell whether an aggregate may have been here and be in the store by now; no is certain."""
        return identity in self._evicted

    def get(self, identity: str) -> A:
        """Return an aggregate, loaded if need be."""
        self._used[identity] = None
        aggregate = self._kept.get(identity)
        if aggregate is None:
            aggregate = self._kept[identity] = self._load(identity)
        return aggregate

    def trim(self) -> None:
        """Weigh what was used, and let go of the least recently used beyond the limit. Nothing may be unwritten."""
        for identity in self._used:
            weight = self._weigh(self._kept[identity])
            self.weight += weight - self._weights.get(identity, 0)
            self._weights[identity] = weight
        if isinstance(self._kept, OrderedDict) and self._limit is not None:
            self._let_go(self._kept, self._limit)
        self._used.clear()

    def _let_go(self, kept: OrderedDict[str, A], limit: int) -> None:
        for identity in self._used:
            kept.move_to_end(identity)
        while self.weight > limit:
            identity, _ = kept.popitem(last=False)
            self.weight -= self._weights.pop(identity)
            self._evicted.add(identity)
