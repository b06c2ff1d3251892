# mypy: disable-error-code="import-untyped, method-assign, assignment, misc"
# ruff: noqa: ARG001, SLF001 - a replacement has the arguments of the replaced method
"""Functions that tests plant in a worker: its interpreter calls them before the worker's own code.

A barrier is a file. What waits at the barrier continues when the file is deleted.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attribution.domain.steps.attribute import AttributeStep
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.hosts.kafka import supervision, worker_metrics
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.streams.batch import Fetched
from attribution.streams.clients import aiokafka_internals
from attribution.streams.flow.step import Step
from attribution.streams.task import restore
from attribution.streams.task.restore import Restoration
from attribution.streams.task.task import Task
from attribution.streams.task.task_set import TaskSet
from attribution.streams.task.transaction import TransactionRecord, Transactions

_HANGS_AFTER_SECONDS: Final = 3.0
_FAILS_AT_ORDER: Final = 40


def code_of(plant: Callable[[], None]) -> str:
    """Return the code that plants a function of this module.

    >>> code_of(step_hangs)
    'from attribution_tests.kafka_deployment import planted; planted.step_hangs()'
    """
    return f"from attribution_tests.kafka_deployment import planted; planted.{plant.__name__}()"


def restore_waits() -> None:
    """Make a task wait at the barrier before it reads its changelog."""
    _wait_at_barrier(Restoration, "changelog")


def join_waits() -> None:
    """Make a worker wait at the barrier before it opens its assigned tasks."""
    _wait_at_barrier(TaskSet, "assign")


def commit_hangs() -> None:
    """Make a transaction wait at the barrier; a worker counts as hanging after three seconds."""
    worker_metrics._HANGS_AFTER_SECONDS = _HANGS_AFTER_SECONDS
    _wait_at_barrier(Transactions, "commit")


def step_hangs() -> None:
    """Make a step block the event loop at the barrier; a worker counts as hanging after three seconds."""
    worker_metrics._HANGS_AFTER_SECONDS = _HANGS_AFTER_SECONDS
    process = TaskProcessor.process

    def blocked(self: TaskProcessor, records: Sequence[Record]) -> int:
        while _is_barred():
            time.sleep(0.05)
        return process(self, records)

    TaskProcessor.process = blocked


def restore_takes_long() -> None:
    """Make a restore take RESTORE_SECONDS.

    Half of the time goes to the changelog. Some of it blocks the event loop for almost a second, as applying
    records does.
    """
    seconds = float(os.environ["RESTORE_SECONDS"])
    aiokafka_internals.BATCH_RECORDS = restore._BATCH_RECORDS = 20
    read = Restoration.span
    began: dict[int, float] = {}
    announced: set[int] = set()

    async def slowly(
        self: Restoration, topic: str, start: int, stop: int
    ) -> AsyncIterator[Sequence[Fetched]]:
        until, number = seconds / 2 if "changelog" in topic else seconds, 0
        async for batch in read(self, topic, start, stop):
            yield batch
            if time.monotonic() - began.setdefault(id(self), time.monotonic()) < until:
                number += 1
                if number % 4 == 0:
                    time.sleep(0.9)  # noqa: ASYNC251 - must block the event loop
                await asyncio.sleep(0.5)
            elif until == seconds and id(self) not in announced:
                announced.add(id(self))
                _report(f"a restore of {seconds:.0f} s")

    Restoration.span = slowly


def entries_by_click_id_are_paused() -> None:
    """Pause the repartition topic of entries by click_id at the barrier, and log which steps wait for it."""
    advance = Step.advance
    reported: set[int] = set()

    def paused(self: Step, most: int, timer: StageTimer) -> list[Record]:
        if not _is_barred():
            return advance(self, most, timer)
        awaited = {"route": "room-entries", "attribute": "orders"}.get(self.name)
        if awaited and self.inputs.held_back(awaited) and id(self) not in reported:
            reported.add(id(self))
            _report(f"{self.name} has records")
        return [] if self.name == "route" else advance(self, most, timer)

    Step.advance = paused


def assignment_fails() -> None:
    """Make opening the assigned tasks raise an error."""

    async def fail(self: TaskSet, partitions: set[int]) -> None:
        raise RuntimeError("planted")

    TaskSet.assign = fail


def writes_down_what_is_processed() -> None:
    """Make each task append its positions to the file PROCESSED at SIGTERM."""
    finish = Task.finish

    def written(self: Task) -> None:
        positions = {step.name: step.inputs.positions() for step in self.steps}
        with open(os.environ["PROCESSED"], "a") as file:  # noqa: PTH123
            file.write(json.dumps([self.partition, positions]) + "\n")
        finish(self)

    Task.finish = written


def fails_and_hangs() -> None:
    """Make a commit fail and closing the tasks hang, like a client that swallows its cancellation."""

    async def fail(
        self: Transactions, records: Iterable[TransactionRecord], offsets: Mapping[Any, int]
    ) -> dict[tuple[str, int], int]:
        raise RuntimeError("planted")

    async def hang(self: TaskSet, *, commit: bool) -> None:
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                continue

    Transactions.commit = fail
    TaskSet.close = hang


def an_order_fails() -> None:
    """Make the fortieth order event raise an error."""
    take = AttributeStep.order
    seen = [0]

    def failing(self: AttributeStep, fact: Any) -> None:
        seen[0] += 1
        if seen[0] == _FAILS_AT_ORDER:
            raise RuntimeError("planted")
        take(self, fact)

    AttributeStep.order = failing


def topics_are_checked_often() -> None:
    """Make a worker check its topics twice a second."""
    supervision.EVERY_SECONDS = 0.5


def _wait_at_barrier(owner: type, method: str) -> None:
    """Make a coroutine method of a class wait at the barrier before it begins."""
    begin: Callable[..., Awaitable[Any]] = getattr(owner, method)

    async def wait(self: Any, *given: Any) -> Any:
        while _is_barred():  # noqa: ASYNC110 - the barrier is a file
            await asyncio.sleep(0.05)
        return await begin(self, *given)

    setattr(owner, method, wait)


def _is_barred() -> bool:
    return os.path.exists(os.environ["BARRIER"])  # noqa: PTH110


def _report(text: str) -> None:
    print(f"planted: {text}", file=sys.stderr, flush=True)  # noqa: T201
