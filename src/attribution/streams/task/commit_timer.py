"""The time of a task's next commit."""

import asyncio
from typing import Final

_PATIENT: Final = 50
"""The number of commit intervals after which a change of positions alone is committed."""


class CommitTimer:
    """Decides when to commit.

    Intervals (seconds) count from the end of the last commit, on the clock of the running loop.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._at: float | None = None
        self._committed_at = 0.0

    def record_work(self, *, is_urgent: bool) -> None:
        """Record that there is something to commit; it is urgent if somebody waits for it."""
        self._be_by(self._committed_at + self._interval * (1 if is_urgent else _PATIENT))

    def record_offsets(self, seconds: float) -> None:
        """Record that the group's offsets are due in ``seconds``."""
        self._be_by(_now() + seconds)

    def begin(self) -> None:
        """Record that a commit of everything begins."""
        self._at = None

    def end(self) -> None:
        """Record that the commit has ended."""
        self._committed_at = _now()

    def is_reached(self) -> bool:
        """Return whether it is time to commit."""
        return self._at is not None and _now() >= self._at

    def seconds_left(self) -> float | None:
        """Return the time until the next commit, or None if there is nothing to commit."""
        return None if self._at is None else max(0.0, self._at - _now())

    def _be_by(self, at: float) -> None:
        self._at = at if self._at is None else min(at, self._at)


def _now() -> float:
    return asyncio.get_running_loop().time()
