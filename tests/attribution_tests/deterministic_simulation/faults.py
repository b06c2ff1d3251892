"""Injects faults between any two steps of a worker, at its awaits."""

import random
from collections.abc import Callable
from typing import Final

from attribution_tests.deterministic_simulation.loop import Process
from attribution_tests.deterministic_simulation.world import World

_MOST_AMBUSHES: Final = 3


class Faults:
    """Counts the steps of workers; ``stop`` ends all faults except the last ambushes.

    Most outputs are written after the faults. Without the ambushes few kills would meet a transaction with outputs.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = random.Random(f"faults {world.plan.seed}")  # noqa: S311
        self._left = self._draw()
        self._frozen: list[Process] = []
        self._is_over = not world.plan.faults
        self._ambushes = 0
        self._kinds = {
            self._kill: 2,
            self._ambush: 3,
            self._freeze: 3,
            self._stop: 1,
            self._rebalance: 3,
            self._slow: 1,
        }

    def before_step(self, process: Process) -> None:
        """Inject a fault into the process whose turn it is, if it is time for one."""
        if self._ambushes and process.publishing:
            self._ambushes -= 1
            self._end(process, lost_commits=0, keeps_disk=True)
            return
        if self._is_over:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = self._draw()
            fault: Callable[[Process], None] = self._chance.choices(
                tuple(self._kinds), tuple(self._kinds.values())
            )[0]
            fault(process)

    def stop(self) -> None:
        self._is_over = True
        world = self._world
        world.is_quiet = True
        if world.plan.faults:
            self._ambushes = self._chance.randrange(_MOST_AMBUSHES + 1)
        world.broker.loses_percent = 0.0
        world.broker.slowness = min(world.plan.slowness, 0.01)
        for process in self._frozen:
            self._thaw(process)

    def _draw(self) -> float:
        return self._chance.expovariate(1.0) * self._world.plan.fault_every

    def _kill(self, process: Process) -> None:
        lost, keeps = self._chance.choice(((0, True), (0, True), (1, True), (7, True), (0, False)))
        self._end(process, lost_commits=lost, keeps_disk=keeps)

    def _end(self, process: Process, *, lost_commits: int, keeps_disk: bool) -> None:
        disk = "no" if keeps_disk else "its"
        self._world.trace.record(f"{process} is killed, {lost_commits} commits and {disk} disk lost")
        self._world.kill(self._world.host_of(process), lost_commits=lost_commits, keeps_disk=keeps_disk)

    def _ambush(self, _: Process) -> None:
        """Kill the next process that has outputs in an open transaction."""
        self._ambushes += 1

    def _freeze(self, process: Process) -> None:
        seconds = self._chance.choice((0.5, 5.0, 8.0, 15.0, 30.0))
        self._world.trace.record(f"{process} is frozen for {seconds} s")
        process.is_frozen = True
        self._frozen.append(process)
        self._world.broker.later(seconds, self._thaw, process)

    def _thaw(self, process: Process) -> None:
        if process.is_frozen and process.is_alive:
            self._world.trace.record(f"{process} resumes")
            self._world.loop.thaw(process)

    def _stop(self, process: Process) -> None:
        self._world.trace.record(f"{process} is asked to stop")
        worker = self._world.host_of(process).worker
        assert worker is not None
        worker.stop()

    def _rebalance(self, process: Process) -> None:
        self._world.trace.record(f"a rebalance, amid a step of {process}")
        self._world.group.rebalance()

    def _slow(self, _: Process) -> None:
        self._world.broker.slowness = self._chance.choice((0.001, 0.01, 0.1, 0.4))
        self._world.trace.record(f"answers take {self._world.broker.slowness} s")
