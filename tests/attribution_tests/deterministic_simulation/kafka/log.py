"""Topic partitions in memory: offsets with gaps of markers, open and aborted transactions, compaction."""

from bisect import bisect_left
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from aiokafka import TopicPartition

from attribution.streams.task.transaction import TransactionRecord

_OFFSET = attrgetter("offset")


class Transaction:
    """A transaction; ``ends_as`` is its decided end, although markers may not be written yet."""

    def __init__(self, number: int, began_at: float) -> None:
        self.number = number
        self.began_at = began_at
        self.places: dict[TopicPartition, Partition] = {}
        self.offsets: dict[TopicPartition, int] = {}
        self.ends_as: str | None = None


class Row(NamedTuple):
    """A record as it lies in a partition."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    transaction: Transaction | None


class Partition:
    """One partition's rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.end = 0
        self._open: dict[Transaction, int] = {}

    @property
    def last_stable(self) -> int:
        """The first offset of an open transaction, or the end."""
        return min(self._open.values(), default=self.end)

    def append(
        self, sent: Iterable[TransactionRecord], timestamp: int, transaction: Transaction | None
    ) -> int:
        """Append records; return the first offset."""
        first = self.end
        if transaction is not None:
            self._open.setdefault(transaction, first)
        for number, one in enumerate(sent):
            self.rows.append(Row(first + number, timestamp, one.key, one.value, transaction))
        self.end = self.rows[-1].offset + 1
        return first

    def put(self, row: Row) -> None:
        """Append a row that has a time of its own."""
        self.rows.append(row._replace(offset=self.end))
        self.end += 1
        if row.transaction is not None:
            self._open.setdefault(row.transaction, self.end - 1)

    def watermark(self, transaction: Transaction) -> None:
        """Write the marker that ends a transaction."""
        self._open.pop(transaction)
        self.end += 1

    def read(self, start: int, most: int, *, committed: bool) -> tuple[list[Row], int]:
        """Return the visible rows from an offset on, of at most so many rows, and the next offset."""
        stop = self.last_stable if committed else self.end
        first = bisect_left(self.rows, start, key=_OFFSET)
        looked_at = self.rows[first : first + most]
        rows = [row for row in looked_at if row.offset < stop and (not committed or is_committed(row))]
        if len(looked_at) < most or looked_at[-1].offset >= stop:
            return rows, max(start, stop)
        return rows, looked_at[-1].offset + 1

    def committed(self) -> list[Row]:
        """Return all rows that readers of committed records see."""
        return self.read(0, len(self.rows) + 1, committed=True)[0]

    def compact(self) -> int:
        """Drop aborted rows and rows with a later committed row of the same key; return how many."""
        stop, before = self.last_stable, len(self.rows)
        latest = {row.key: row.offset for row in self.rows if row.offset < stop and is_committed(row)}
        self.rows = [
            row
            for row in self.rows
            if row.offset >= stop or (is_committed(row) and latest[row.key] == row.offset)
        ]
        return before - len(self.rows)


def is_committed(row: Row) -> bool:
    return row.transaction is None or row.transaction.ends_as == "commit"
