"""What a transaction committed, for those who watch."""

from collections import Counter
from typing import NamedTuple


class CommitStats(NamedTuple):
    """What a transaction committed: counts by measure and label, seconds by stage, sizes of the state.

    ``orders_at`` are the record timestamps of the order events in it.
    """

    consumed: Counter[str]
    counts: dict[tuple[str, str], int]
    seconds: dict[str, float]
    sizes: dict[str, int]
    stream_time: int
    orders_at: list[int]
    transaction_seconds: float = 0.0
