"""Bugs planted in a worker: a trial of each must end with a violation, or the checkers are blind."""

from typing import Final

from attribution_tests.chaos.fleet import wiped
from attribution_tests.chaos.planted import code_of
from attribution_tests.chaos.planted.points import DIES
from attribution_tests.chaos.trial import Fault, Inject, Trial
from attribution_tests.chaos.waiting import until

_STRIKE_SECONDS: Final = 60.0
_DONE_SECONDS: Final = 40.0
"""Some bugs have the work stand still: that is seen by then."""
_WORKER: Final = "a"


def let_it_be(trial: Trial) -> None:
    """Wait until the bug has had all records."""
    trial.live.wait_until_published(1.0, 120.0)


def wait_for_death(trial: Trial) -> None:
    """Wait until the worker has died where the bug shows, and another has taken over."""
    until(lambda: DIES in trial.fleet.log_of(_WORKER), _STRIKE_SECONDS, lambda: "planted death")
    trial.kills += 1
    trial.recover()


def lose_the_store(trial: Trial) -> None:
    """Have the worker restore everything from its changelog, in the middle of the log."""
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
        _bug("drop-one-in", "one output is left out of each 10,000 records sent", 10_000),
        _bug("commit-before-produce", "positions are committed before the outputs", 3, wait_for_death),
        _bug("swap-two-touches", "two touches are swapped, in one of 100 pairs", 100),
        _bug("skip-changelog-record", "one row in ten is in no changelog", 10, lose_the_store, rate=6_000),
        _bug("ignore-an-abort", "an aborted transaction is taken for a committed one", 5),
        _bug("store-before-commit", "the store is written before the commit", 3, wait_for_death),
    )
}
