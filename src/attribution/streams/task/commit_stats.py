"""Statistics of a committed transaction."""

from collections import Counter
from typing import NamedTuple


class CommitStats(NamedTuple):
    """What a transaction committed: counts by measure and label, seconds by stage, sizes of the state.

    ``latencies_from`` holds the record timestamps (ms) of its records of the job's latency topic.
    """

    consumed: Counter[str]
    counts: dict[tuple[str, str], int]
    seconds: dict[str, float]
    sizes: dict[str, int]
    stream_time: int
    latencies_from: list[int]
    transaction_seconds: float = 0.0
