"""Timers: which order is due at which tick."""

from collections.abc import Iterator

from attribution.domain.touches.interaction import NEVER
from attribution.engine.stores.store import Store
from attribution.engine.tables import OrderedTable
from attribution.processor.layout.keys import id_key, split_ids, time_key
from attribution.processor.layout.rows import TIMERS


class Timers:
    """Timers of orders. They always lie in the store, since they are scanned in order."""

    def __init__(self, store: Store) -> None:
        self._rows = OrderedTable(store, TIMERS.table, TIMERS.pack(b""))
        self._due_next = 0

    def schedule(self, due: int, buyer_id: str, order_id: str) -> None:
        """Schedule an order for the tick that reaches a time (ms)."""
        self._due_next = min(self._due_next, due)
        self._rows.put(time_key(due) + id_key(buyer_id) + id_key(order_id))

    def pop_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Remove and yield (due, buyer_id, order_id) of all timers up to now (ms), in order."""
        if now < self._due_next:
            return
        for key in self._rows.scan(b"", time_key(now + 1)):
            self._rows.delete(key)
            buyer_id, order_id = split_ids(key, 8)
            yield _due(key), buyer_id, order_id
        first = self._rows.first()
        self._due_next = NEVER if first is None else _due(first)

    def flush(self) -> None:
        """Write the changes to the store."""
        self._rows.write()


def _due(key: bytes) -> int:
    return int.from_bytes(key[:8], "big")
