"""A process that commits to a store until it is killed, and a check of what it left."""

import signal
from collections.abc import Callable
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self

from attribution.engine.stores.store import Store

DEADLINE_SECONDS: Final = 30
KEYS: Final = [bytes((number,)) for number in range(20)]
_KEPT_STEPS: Final = 50
_SPAWN: Final = get_context("spawn")


def commit_steps(
    kind: Callable[[Path, int], Store], path: Path, reports: Connection, last: int | None
) -> None:
    """In each step, set all keys, add a log line, drop an old line, commit, and report the step."""
    store, random = kind(path, 1_000_000), Random(1)  # noqa: S311
    for step in count(1) if last is None else range(1, last + 1):
        value = step_bytes(step) + random.randbytes(8_000)
        store.write({"values": dict.fromkeys(KEYS, value), "log": {step_bytes(step): b""}})
        store.drop("log", b"", step_bytes(max(0, step - _KEPT_STEPS)))
        store.commit()
        reports.send(step)
    signal.pause()


def step_bytes(step: int) -> bytes:
    return step.to_bytes(8, "big")


def lowest_and_highest(store: Store) -> tuple[int, int]:
    """Return the lowest and the highest step with values in the store; equal if each commit is whole.

    Raises:
        AssertionError: The log is not that of the last step.
    """
    values = dict(store.scan("values", b"", b"\xff"))
    assert sorted(values) == (KEYS if values else [])
    assert [store.get("values", key) for key in values] == list(values.values())
    steps = [int.from_bytes(value[:8], "big") for value in values.values()] or [0]
    log = [int.from_bytes(line, "big") for line, _ in store.scan("log", b"", b"\xff")]
    assert log == list(range(max(1, max(steps) - _KEPT_STEPS), max(steps) + 1))
    return min(steps), max(steps)


class Writer:
    """The process. The end of the ``with`` block kills it. It waits after the ``last`` step, if given."""

    def __init__(self, kind: Callable[[Path, int], Store], path: Path, last: int | None = None) -> None:
        self._reports, sender = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(target=commit_steps, args=(kind, path, sender, last))
        self._process.start()
        sender.close()
        self._last = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._reports.close()

    def wait_for(self, step: int) -> None:
        """Wait until the process has reported that it committed a step."""
        while self._last < step:
            assert self._reports.poll(DEADLINE_SECONDS), (
                f"no step after {self._last} within {DEADLINE_SECONDS} s"
            )
            self._last = self._reports.recv()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()
        self._process.join()

    def last_reported(self) -> int:
        """Return the last step that a killed process reported."""
        try:
            while True:
                self._last = self._reports.recv()
        except EOFError:
            return self._last
