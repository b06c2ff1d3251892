"""Which orders depend on which reference records: an index in memory, one row an order in the store."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from attribution.engine.store import Store
from attribution.engine.tables import Pending
from attribution.hosts.pipeline import rows

_TABLE: Final = "watched"

Watcher: TypeAlias = tuple[int, str, str]
"""An order: (placed_at, buyer_id, order_id)."""


class Watchers:
    """The orders under the names that they are watched by, in buckets of time that expire as a whole.

    A name takes about 16 bytes an order in memory; the rows serve to make the index again after a restart.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._buckets: defaultdict[int, defaultdict[str, list[Watcher]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._unwritten: dict[Watcher, frozenset[str]] = {}
        self._latest = 0
        for key, row in store.scan(_TABLE, b"", b"\xff"):
            buyer_id, order_id = rows.split_ids(key, 12)
            watcher = (int.from_bytes(key[4:12], "big"), buyer_id, order_id)
            self._index(watcher, msgspec.msgpack.decode(row, type=list[str]))

    def add(self, names: frozenset[str], watcher: Watcher) -> None:
        """Note that an order depends on reference records."""
        self._index(watcher, names)
        self._unwritten[watcher] = names

    def of(self, names: Iterable[str], placed_from: int) -> list[Watcher]:
        """Return the orders placed from a time on that depend on any of the names, in order."""
        if placed_from > self._latest:
            return []
        first = rows.bucket_of(placed_from)
        found: set[Watcher] = set()
        for bucket, index in self._buckets.items():
            if bucket >= first:
                for name in names:
                    found.update(index.get(name, ()))
        return sorted(watcher for watcher in found if watcher[0] >= placed_from)

    def drop_before(self, bucket: int) -> None:
        """Forget the orders of expired buckets."""
        self._store.drop(_TABLE, b"", rows.bucket_key(bucket))
        for expired in [known for known in self._buckets if known < bucket]:
            del self._buckets[expired]

    def flush(self, pending: Pending | None) -> None:
        """Move new rows to the unit of work; without one they are not needed."""
        if pending is not None:
            for watcher, names in self._unwritten.items():
                placed_at, buyer_id, order_id = watcher
                key = rows.bucket_key(rows.bucket_of(placed_at)) + rows.time_key(placed_at)
                key += rows.id_key(buyer_id) + rows.id_key(order_id)
                pending.put(_TABLE, key, msgspec.msgpack.encode(sorted(names)))
        self._unwritten.clear()

    def _index(self, watcher: Watcher, names: Iterable[str]) -> None:
        self._latest = max(self._latest, watcher[0])
        index = self._buckets[rows.bucket_of(watcher[0])]
        for name in names:
            index[name].append(watcher)
