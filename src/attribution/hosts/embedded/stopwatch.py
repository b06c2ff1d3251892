"""Where the time goes, stage by stage."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Adds up seconds by stage; ``lap`` takes them since the last one."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a block to a stage."""
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds[name] += perf_counter() - began

    def lap(self) -> dict[str, float]:
        """Return the seconds by stage since the last lap."""
        seconds, self._seconds = dict(self._seconds), defaultdict(float)
        return seconds
