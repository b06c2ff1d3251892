"""A deterministic event loop: time is virtual, and the seed chooses among the ready callbacks."""

import asyncio
import random
from collections.abc import Callable
from contextvars import ContextVar
from heapq import heappop
from typing import Any, Final

BEGINS_AT: Final = 1_000.0
_STEP_SECONDS: Final = 0.0002


class Deadlock(Exception):  # noqa: N818 - it says what it is
    """No callback is left to run."""


class Process:
    """A unit that is killed or frozen as a whole: the callbacks that run in its context."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True
        self.is_frozen = False
        self.publishing: set[str] = set()
        """Which of its producers have an open transaction that holds outputs."""
        self.parked: list[Any] = []

    def __repr__(self) -> str:
        return self.name


PROCESS: Final[ContextVar[Process | None]] = ContextVar("process", default=None)
"""The process whose callback is running; None outside of the workers."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs one callback at a time; ``before_step`` may kill or freeze the process whose turn it is."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._now = BEGINS_AT
        self._ready: list[Any] = []
        self._scheduled: list[Any]
        self.steps = 0
        self.before_step: Callable[[Process], None] = lambda _: None

    def time(self) -> float:
        return self._now

    def thaw(self, process: Process) -> None:
        """Resume a frozen process."""
        process.is_frozen = False
        self._ready += process.parked
        process.parked.clear()

    def _run_once(self) -> None:
        self._take_due()
        place = self._chance.randrange(len(self._ready))
        self._ready[place], self._ready[-1] = self._ready[-1], self._ready[place]
        handle = self._ready.pop()
        if not handle._cancelled and self._may_run(handle):  # noqa: SLF001 - a loop knows its handles
            self.steps += 1
            self._now += self._chance.random() * _STEP_SECONDS
            handle._run()  # noqa: SLF001

    def _take_due(self) -> None:
        if not self._ready:
            if not self._scheduled:
                raise Deadlock
            self._now = max(self._now, self._scheduled[0]._when)  # noqa: SLF001
        while self._scheduled and self._scheduled[0]._when <= self._now:  # noqa: SLF001
            handle = heappop(self._scheduled)
            handle._scheduled = False  # noqa: SLF001
            self._ready.append(handle)

    def _may_run(self, handle: Any) -> bool:
        process: Process | None = handle._context.get(PROCESS)  # noqa: SLF001
        if process is None:
            return True
        if process.is_alive and not process.is_frozen:
            self.before_step(process)
        if process.is_alive and process.is_frozen:
            process.parked.append(handle)
        return process.is_alive and not process.is_frozen

    def _process_events(self, event_list: Any) -> None:
        """There are no files."""

    def _write_to_self(self) -> None:
        """There are no threads."""
