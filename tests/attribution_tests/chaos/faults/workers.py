"""Faults of workers: they die, stop, join and leave."""

from contextlib import suppress
from typing import Final, NamedTuple

from attribution_tests.chaos.checks.checkers import Violation
from attribution_tests.chaos.checks.moves import restored_without_moving
from attribution_tests.chaos.environment.fleet import wiped
from attribution_tests.chaos.environment.waiting import TooLateError, until
from attribution_tests.chaos.planted import code_of
from attribution_tests.chaos.planted.points import DIES
from attribution_tests.chaos.sweeps import changed_campaigns
from attribution_tests.chaos.trial import NOT_INJECTED, Fault, Trial, unchanged

_STRIKE_SECONDS: Final = 60.0
_LOST_SECONDS: Final = 20.0
_NUDGES: Final = 4
_STARTS: Final = "worker starts"
_RESTORE_SECONDS: Final = 20


def kill_at_random(trial: Trial) -> None:
    """Kill random workers while the log is published."""
    for number in range(1, trial.rounds + 1):
        share = (number - trial.rng.random()) / (trial.rounds + 1)
        trial.live.wait_until_published(share, 240.0)
        trial.last(0.0, 1.0)
        trial.fleet.kill(trial.any_worker())
        trial.kills += 1
    trial.recover()


def kill_in_backlog(trial: Trial) -> None:
    """Kill a random worker about every two seconds."""
    for _ in range(trial.rounds):
        trial.last(0.5, 3.5)
        trial.fleet.kill(trial.any_worker())
        trial.kills += 1
    trial.recover()


def lose_one(trial: Trial) -> None:
    """Kill a worker for good. The others must take over its tasks and continue."""
    trial.live.wait_until_published(0.2, 60.0)
    trial.fleet.lose(trial.any_worker())
    trial.kills += 1
    trial.demand_progress("one of three workers is lost", _LOST_SECONDS)
    trial.recover()
    trial.demand_progress("one of three workers is lost for longer", _LOST_SECONDS)


def pause(trial: Trial) -> None:
    """Send SIGSTOP for longer than the session timeout, then SIGCONT. The others must continue meanwhile."""
    for _ in range(trial.rounds):
        trial.last(0.5, 2.0)
        name = trial.any_worker()
        trial.fleet.pause(name)
        trial.last(5.0, 8.0)
        trial.demand_progress(f"worker {name} is a zombie", _LOST_SECONDS)
        trial.fleet.resume(name)
        trial.recover()


def restart_in_turn(trial: Trial) -> None:
    """Stop each worker gracefully and start it again."""
    for name in trial.fleet.names():
        trial.last(1.0, 2.0)
        _expect_zero(trial, name, trial.fleet.stop(name))
        trial.fleet.start(name)
        trial.recover()
    record_moves(trial)


def scale(trial: Trial) -> None:
    """Run one worker, then three, then one."""
    trial.live.wait_until_published(0.2, 60.0)
    for name in ("b", "c"):
        trial.fleet.start(name)
        _wait_for(trial, name, "task ready")
    trial.recover()
    trial.live.wait_until_published(0.6, 120.0)
    for name in ("b", "c"):
        _expect_zero(trial, name, trial.fleet.stop(name))
    trial.recover()
    record_moves(trial)


def rebalance_while_restoring(trial: Trial) -> None:
    """Let a worker join and leave while another restores the tasks that it keeps."""
    trial.fleet.start("b", code_of("points", "slow-restore", _RESTORE_SECONDS))
    _wait_for(trial, "b", "tasks assigned")
    trial.fleet.start("c")
    _wait_for(trial, "c", "tasks assigned")
    trial.fleet.lose("c")
    trial.kills += 1
    _wait_for(trial, "b", "task ready")
    trial.demand_progress("a worker joined and left while another restored", _LOST_SECONDS)
    trial.recover()


class Point(NamedTuple):
    """A point at which a worker dies.

    Attributes:
        name: Its name in ``planted.points``.
        least: The earliest occurrence at which the worker dies.
        most: The latest occurrence at which the worker dies.
        wipes: Whether the worker first loses its store and restores everything.
        nudges: Whether another worker is killed to cause a rebalance.
    """

    name: str
    least: int
    most: int
    wipes: bool = False
    nudges: bool = False


POINTS: Final = (
    Point("inside-a-sweep", 1, 3),
    Point("before-commit", 2, 20),
    Point("after-commit", 2, 20),
    Point("during-restore", 1, 3, wipes=True),
    Point("during-rebalance", 1, 2, nudges=True),
)


def die_at(trial: Trial, point: Point) -> None:
    """Let a random worker die at a random occurrence of a point."""
    name, fleet = trial.any_worker(), trial.fleet
    fleet.plant(name, code_of("points", point.name, trial.rng.randint(point.least, point.most)))
    starts, deaths = (fleet.log_of(name).count(word) for word in (_STARTS, DIES))
    fleet.kill(name, wiped if point.wipes else None)
    if point.nudges:
        until(
            lambda: fleet.log_of(name).count(_STARTS) > starts,
            _STRIKE_SECONDS,
            lambda: "the worker does not start",
        )
    if _dies(trial, name, point, deaths):
        trial.kills += 1
    else:
        trial.violations.append(Violation(NOT_INJECTED, point.name, f"worker {name} did not die"))
    trial.recover()


def _dies(trial: Trial, name: str, point: Point, deaths: int) -> bool:
    """Return whether a worker dies once more.

    Several nudges may be needed: two rebalances close together may be one.
    """
    nudges = _NUDGES if point.nudges else 1
    for _ in range(nudges):
        if point.nudges:
            trial.fleet.kill(next(other for other in trial.fleet.names() if other != name))
        with suppress(TooLateError):
            until(lambda: trial.fleet.log_of(name).count(DIES) > deaths, _STRIKE_SECONDS / nudges, str)
            return True
    return False


def at_point(point: Point) -> Fault:
    """Return a fault in which a worker dies at a point, once per round."""

    def inject(trial: Trial) -> None:
        for round_ in range(1, trial.rounds + 1):
            trial.live.wait_until_published(round_ / (trial.rounds + 1), 120.0)
            die_at(trial, point)

    add = changed_campaigns if point.name == "inside-a-sweep" else unchanged
    return Fault(f"kill-{point.name}", f"a worker dies {point.name.replace('-', ' ')}", inject, add=add)


def die_everywhere(trial: Trial) -> None:
    """Let a worker die at each point in turn."""
    for point in POINTS:
        die_at(trial, point)


def _wait_for(trial: Trial, name: str, event: str) -> None:
    until(
        lambda: event in trial.fleet.log_of(name),
        _STRIKE_SECONDS,
        lambda: f"no '{event}' from worker {name}",
    )


def _expect_zero(trial: Trial, name: str, code: int) -> None:
    if code:
        trial.violations.append(
            Violation("defect", f"worker {name}", f"ended with exit code {code} after SIGTERM")
        )


def record_moves(trial: Trial) -> None:
    """Record a violation for each task that was restored without moving."""
    for name in ("a", "b", "c"):
        trial.violations += restored_without_moving(name, trial.fleet.log_of(name))


FAULTS: Final = (
    Fault(
        "worker-kill",
        "kill -9 of random workers, 30 times",
        kill_at_random,
        events=500_000,
        rate=4_500,
        rounds=30,
    ),
    Fault(
        "worker-kill-backlog",
        "kill -9 of workers that process a backlog",
        kill_in_backlog,
        events=200_000,
        rate=None,
        rounds=8,
    ),
    Fault("worker-lost", "one of three workers does not return", lose_one),
    Fault("worker-zombie", "SIGSTOP beyond the session timeout, then SIGCONT", pause),
    Fault("rolling-restart", "each worker stops and starts again", restart_in_turn),
    Fault("scale", "workers 1 -> 3 -> 1", scale, workers=("a",)),
    Fault(
        "rebalance-while-restoring",
        "a worker joins and leaves while another restores",
        rebalance_while_restoring,
        events=30_000,
        rate=500,
        workers=("a",),
    ),
    *map(at_point, POINTS),
    Fault("kill-at-points", "workers die at each point in turn", die_everywhere, add=changed_campaigns),
)
