"""Runs one seed: write input, inject faults, wait until all is processed, check."""

import asyncio
import gc
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import structlog

from attribution.streams.clients import aiokafka_internals
from attribution.streams.flow import step
from attribution.streams.task import restore, task, transaction_records
from attribution_tests.deterministic_simulation.checks import unprocessed, wrong
from attribution_tests.deterministic_simulation.faults import Faults
from attribution_tests.deterministic_simulation.inputs import Feeder, Placed, history
from attribution_tests.deterministic_simulation.loop import Deadlock, SimulatedLoop
from attribution_tests.deterministic_simulation.plan import Plan, plan_of
from attribution_tests.deterministic_simulation.world import World

_CHAOS_SECONDS: Final = 40.0
_QUIET_WITHIN: Final = 400.0
_LOOKS_EVERY: Final = 1.0
_MOST_STEPS: Final = 2_000_000
_CLOSES: Final = 5
"""A coroutine that awaits while it closes must be closed again."""


class Outcome(NamedTuple):
    """The result of a seed."""

    seed: int
    violations: list[str]
    digest: str
    trace: list[str]
    steps: int
    seconds: float


def run(seed: int, plant: Callable[[World], Any] | None = None) -> Outcome:
    """Run a seed; ``plant`` may change the world before it starts."""
    return run_plan(plan_of(seed), plant)


def run_plan(plan: Plan, plant: Callable[[World], Any] | None = None) -> Outcome:
    """Run a plan."""
    loop = SimulatedLoop(random.Random(f"loop {plan.seed}"))  # noqa: S311
    loop.set_exception_handler(lambda *_: None)
    worlds: list[World] = []

    async def simulate() -> list[str]:
        world = World(loop, plan)
        worlds.append(world)
        if plant is not None:
            plant(world)
        return await _simulate(world)

    with _virtual(loop, plan):
        try:
            violations = loop.run_until_complete(simulate())
        except Deadlock:
            violations = ["deadlock: no callback is left to run"]
        finally:
            _dismiss(loop)
    trace = worlds.pop().trace
    outcome = Outcome(plan.seed, violations, trace.digest(), list(trace.last), loop.steps, loop.time())
    del trace
    gc.collect()  # a world is large, and full of cycles
    return outcome


async def _simulate(world: World) -> list[str]:
    faults = Faults(world)
    world.loop.before_step = faults.before_step
    by_topic: defaultdict[str, list[Placed]] = defaultdict(list)
    for one in history(world.plan):
        by_topic[one.tp.topic].append(one)
    feeder, seconds = (
        Feeder(world.broker, world.chance, world.plan),
        0.0 if world.plan.whole else _CHAOS_SECONDS,
    )
    if world.plan.whole:
        for records in by_topic.values():
            await feeder.feed(records, 0.0)
    world.start()
    feeding = [
        asyncio.create_task(feeder.feed(one, seconds * world.chance.random()))
        for one in by_topic.values()
        if seconds
    ]
    await asyncio.sleep(_CHAOS_SECONDS)
    await asyncio.gather(*feeding)
    faults.stop()
    world.trace.record("all faults are over")
    return world.violations or await _checked(world)


async def _checked(world: World) -> list[str]:
    """Wait until all is processed; return the violations."""
    deadline = world.loop.time() + _QUIET_WITHIN
    while left := list(unprocessed(world)):
        if world.violations:
            return world.violations
        if world.loop.time() > deadline or world.loop.steps > _MOST_STEPS:
            return [f"not quiet in time: {one}" for one in left]
        await asyncio.sleep(_LOOKS_EVERY)
    return [*world.violations, *wrong(world)]


@contextmanager
def _virtual(loop: SimulatedLoop, plan: Plan) -> Iterator[None]:
    """Give the tasks virtual time and small batches."""
    with ExitStack() as changes:
        for module in (task, transaction_records, step):
            changes.enter_context(patch.object(module, "monotonic", loop.time))
        changes.enter_context(patch.object(restore, "perf_counter", loop.time))
        changes.enter_context(patch.object(task, "_BATCH_RECORDS", plan.processed_at_once))
        changes.enter_context(patch.object(restore, "_BATCH_RECORDS", plan.fetched))
        changes.enter_context(patch.object(aiokafka_internals, "BATCH_RECORDS", 1))
        changes.enter_context(patch.object(step, "_HELD_BACK", plan.held_back))
        changes.enter_context(structlog.testing.capture_logs())
        yield


def _dismiss(loop: SimulatedLoop) -> None:
    """Close what is still running; it is no longer part of the run."""
    asyncio.set_event_loop(None)
    with patch.object(sys, "unraisablehook", lambda _: None):
        for one in asyncio.all_tasks(loop):
            one._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
            _close(one.get_coro())
        loop.close()
        gc.collect()


def _close(coroutine: Any) -> None:
    for _ in range(_CLOSES):
        with suppress(BaseException):
            coroutine.close()
            return
