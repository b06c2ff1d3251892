"""Bugs to plant in a worker: each trial must end with a violation, or the checkers are blind."""

from typing import Final

from attribution_tests.chaos.environment.fleet import wiped
from attribution_tests.chaos.environment.waiting import until
from attribution_tests.chaos.planted import code_of
from attribution_tests.chaos.planted.points import DIES
from attribution_tests.chaos.trial import Fault, Inject, Trial

_STRIKE_SECONDS: Final = 60.0
_DONE_SECONDS: Final = 40.0
"""Some bugs stop all progress. Such a trial ends after this time."""
_WORKER: Final = "a"


def let_it_be(trial: Trial) -> None:
    """Wait until all records are published."""
    trial.live.wait_until_published(1.0, 120.0)


def wait_for_death(trial: Trial) -> None:
    """Wait until the worker has died where the bug shows, and its successor commits."""
    until(lambda: DIES in trial.fleet.log_of(_WORKER), _STRIKE_SECONDS, lambda: "no planted death")
    trial.kills += 1
    trial.recover()


def lose_the_store(trial: Trial) -> None:
    """Delete the store in the middle of the log. The worker restores everything from its changelog."""
    trial.live.wait_until_published(0.6, 120.0)
    trial.recover()
    trial.fleet.kill(_WORKER, wiped)
    trial.kills += 1
    trial.recover()


def _bug(name: str, what: str, number: int, inject: Inject = let_it_be, rate: int | None = None) -> Fault:
    planted = {_WORKER: code_of("bugs", name, number)}
    return Fault(
        name,
        what,
        inject,
        events=60_000,
        rate=rate,
        workers=(_WORKER,),
        planted=planted,
        done_seconds=_DONE_SECONDS,
    )


BUGS: Final[dict[str, Fault]] = {
    bug.name: bug
    for bug in (
        _bug("drop-one-in", "one output of each 10,000 records sent is dropped", 10_000),
        _bug("commit-before-produce", "positions are committed before the outputs", 3, wait_for_death),
        _bug("swap-two-touches", "two touches are swapped, in one of 100 pairs", 100),
        _bug(
            "skip-changelog-record",
            "one row in ten is missing from the changelog",
            10,
            lose_the_store,
            rate=6_000,
        ),
        _bug("ignore-an-abort", "an aborted transaction is treated as committed", 5),
        _bug("store-before-commit", "the store is written before the commit", 3, wait_for_death),
    )
}
