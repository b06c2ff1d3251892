"""The unit of work: outputs, table changes and counts that are committed together."""

from collections import Counter, defaultdict
from typing import NamedTuple

from attribution.engine.tables import WriteBatch


class OutputRecord(NamedTuple):
    """An output record: its key and its bytes."""

    key: str | None
    value: bytes


class UnitOfWork:
    """Collects outputs, table changes and counts until the host commits them in one transaction."""

    def __init__(self) -> None:
        self.outputs: defaultdict[str, list[OutputRecord]] = defaultdict(list)
        self.write_batch = WriteBatch()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.encode_seconds = 0.0

    def clear(self) -> None:
        """Begin the next unit."""
        self.outputs.clear()
        self.counts.clear()
        self.encode_seconds = 0.0
