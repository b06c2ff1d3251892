"""Measures where time is spent, by stage."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class StageTimer:
    """Adds up seconds by stage; ``lap`` returns and resets them."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._stage = "other"
        self._since = perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a ``with`` block to a stage, and not to the enclosing stage."""
        outer, self._stage = self._stage, name
        self._split(outer)
        try:
            yield
        finally:
            self._split(name)
            self._stage = outer

    def move(self, seconds: float, source: str, target: str) -> None:
        """Move seconds from one stage to another."""
        self._seconds[source] -= seconds
        self._seconds[target] += seconds

    def lap(self) -> dict[str, float]:
        """Return the seconds by stage since the last lap."""
        self._split(self._stage)
        seconds, self._seconds = dict(self._seconds), defaultdict(float)
        return seconds

    def _split(self, stage: str) -> None:
        now = perf_counter()
        self._seconds[stage] += now - self._since
        self._since = now
