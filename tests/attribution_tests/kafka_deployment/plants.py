"""What tests plant in a worker: code that its interpreter runs before the worker's own.

A barrier is a file: what waits at it goes on once it is gone.
"""

from typing import Final


def _waits(module: str, owner: str, method: str) -> str:
    """Return what has a coroutine of a class wait at the barrier before it begins."""
    return f"""
import asyncio, os
from attribution.hosts.kafka.{module} import {owner}

begin = {owner}.{method}

async def wait(self, *given):
    while os.path.exists(os.environ["BARRIER"]):
        await asyncio.sleep(0.05)
    return await begin(self, *given)

{owner}.{method} = wait
"""


RESTORE_WAITS: Final = _waits("restore", "Restoration", "changelog")

JOIN_WAITS: Final = _waits("tasks", "Tasks", "assign")

RESTORE_TAKES_LONG: Final = """
import asyncio, os, sys, time
from attribution.streams.clients import consumer as fetching
from attribution.streams.task import restore

SECONDS = float(os.environ["RESTORE_SECONDS"])
read = restore.Restoration.span
restore._LOT = fetching.LOT = 20

async def span(self, topic, start, stop):
    until = SECONDS / 2 if "changelog" in topic else SECONDS
    number = 0
    async for lot in read(self, topic, start, stop):
        yield lot
        self.slow_since = getattr(self, "slow_since", None) or time.monotonic()
        if time.monotonic() - self.slow_since < until:
            number += 1
            if number % 4 == 0:
                time.sleep(0.9)
            await asyncio.sleep(0.5)
        elif until == SECONDS and not hasattr(self, "was_slow"):
            self.was_slow = True
            print(f"planted: a restore of {SECONDS:.0f} s", file=sys.stderr, flush=True)

restore.Restoration.span = span
"""
"""Half of it is spent on the changelog; some of it blocks the loop, as applying records does, for almost a second."""

HOP_IS_PAUSED: Final = """
import os, sys
from attribution.streams.flow.step import Stage

advance = Stage.advance
told = set()

def paused(self, most, stopwatch):
    if not os.path.exists(os.environ["BARRIER"]):
        return advance(self, most, stopwatch)
    awaited = {"route": "room-entries", "attribute": "orders"}.get(self.name)
    if awaited and self.flow.held_back(awaited) and id(self) not in told:
        told.add(id(self))
        print(f"planted: {self.name} has records", file=sys.stderr, flush=True)
    return [] if self.name == "route" else advance(self, most, stopwatch)

Stage.advance = paused
"""
"""Nothing goes through the hop of room entries that name a click; told is by which steps something waits."""

STEP_HANGS: Final = """
import os, time
from attribution.hosts.kafka import worker_metrics as observing
from attribution.hosts.kafka.task_processor import TaskPipeline

observing._HANGS_AFTER_SECONDS = 3.0
derive = TaskPipeline.process

def process(self, records):
    while os.path.exists(os.environ["BARRIER"]):
        time.sleep(0.05)
    return derive(self, records)

TaskPipeline.process = process
"""

COMMIT_HANGS: Final = (
    "from attribution.hosts.kafka import observing; observing._HANGS_AFTER_SECONDS = 3.0"
    + _waits("transaction", "Transactions", "commit")
)

ASSIGNMENT_FAILS: Final = """
from attribution.streams.task.task_set import Tasks

async def fail(self, partitions):
    raise RuntimeError("planted")

Tasks.assign = fail
"""

TELLS_WHAT_IS_PROCESSED: Final = """
import json, os
from attribution.streams.task.task import Task

ask = Task.finish

def finish(self):
    positions = {stage.name: stage.flow.positions() for stage in self.stages}
    with open(os.environ["PROCESSED"], "a") as file:
        file.write(json.dumps([self.partition, positions]) + "\\n")
    ask(self)

Task.finish = finish
"""
"""At SIGTERM each task writes down how far it has come."""

FAILS_AND_HANGS: Final = """
import asyncio
from attribution.streams.task.task_set import Tasks
from attribution.streams.task.transaction import Transactions

async def fail(self, sent, offsets):
    raise RuntimeError("planted")

async def hang(self, *, commit):
    while True:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            pass

Transactions.commit, Tasks.close = fail, hang
"""
"""As a client may that swallows what cancels it."""
