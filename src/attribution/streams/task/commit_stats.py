"""What a transaction committed, for those who watch."""

from collections import Counter
from typing import NamedTuple


class CommitStats(NamedTuple):
    """What a transaction committed: counts by measure and label, seconds by stage, sizes of the state.

    ``latencies_from`` are the record timestamps of its records of the job's latency topic (ms).
    """

    consumed: Counter[str]
    counts: dict[tuple[str, str], int]
    seconds: dict[str, float]
    sizes: dict[str, int]
    stream_time: int
    latencies_from: list[int]
    transaction_seconds: float = 0.0
