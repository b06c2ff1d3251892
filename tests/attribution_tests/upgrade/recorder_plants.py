# mypy: disable-error-code="method-assign"
# ruff: noqa: SLF001 - a replacement has the arguments of the replaced method
"""Functions that the recorder plants in a worker: its interpreter calls them before the worker's own code."""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final

from attribution.hosts.kafka import wiring
from attribution.hosts.kafka.ticks import Ticks
from attribution.streams.task.task import Task

DIED: Final = 9
"""The exit code of a worker that dies in a sweep."""


def code_of(plant: Callable[[], None]) -> str:
    """Return the code that plants a function of this module.

    >>> code_of(no_ticks)
    'from attribution_tests.upgrade import recorder_plants; recorder_plants.no_ticks()'
    """
    return f"from attribution_tests.upgrade import recorder_plants; recorder_plants.{plant.__name__}()"


def no_ticks() -> None:
    """Make a worker write no ticks: they would carry the time of the recording."""

    async def write(self: Ticks) -> None:  # noqa: ARG001
        await asyncio.Event().wait()

    Ticks.write = write


def dies_in_a_sweep() -> None:
    """Divide sweeps after each record, and let the worker die after a part of a sweep is committed."""
    wiring._SWEEP_OUTPUTS = 1  # type: ignore[misc]
    commit = Task.commit

    async def once(self: Task, *given: Any) -> None:
        await commit(self, *given)
        if self._work.is_sweeping:
            os._exit(DIED)

    Task.commit = once
