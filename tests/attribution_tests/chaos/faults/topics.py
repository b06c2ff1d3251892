"""Faults of topics: somebody changes them while workers run."""

from collections.abc import Callable
from typing import Final

from attribution_tests.chaos.environment.topic_settings import altered
from attribution_tests.chaos.environment.waiting import until
from attribution_tests.chaos.trial import Fault, Trial
from attribution_tests.kafka_deployment import administration, planted

_WORKERS: Final = ("a", "b", "c")
_EX_CONFIG: Final = 78
_END_SECONDS: Final = 60.0
_DONE_SECONDS: Final = 120.0


def cut_retention(trial: Trial) -> None:
    """Cut the retention of an input below the horizon for a while."""
    trial.last(2.0, 4.0)
    with altered(trial.deployed, [trial.deployed.names.topic("clicks")], {"retention.ms": "86400000"}):
        _expect_ends(trial, "86400000 ms, but touches matter for")
    trial.recover()


def add_partition(trial: Trial) -> None:
    """Add a partition to an input after everything is processed, since this cannot be undone."""
    trial.wait_until_done(_DONE_SECONDS)
    administration.add_partition(trial.deployed, "orders")
    _expect_ends(trial, "topics that are read together differ in partitions")


def _expect_ends(trial: Trial, says: str) -> None:
    """Wait until each worker has ended with an error that says what is wrong."""
    for name in _WORKERS:
        until(_has_said(trial, name, says), _END_SECONDS, lambda: f"{name} did not say: {says}")  # noqa: B023
    ended = trial.fleet.exits
    until(lambda: ended[_EX_CONFIG] >= len(_WORKERS), _END_SECONDS, lambda: f"exit codes {dict(ended)}")


def _has_said(trial: Trial, name: str, says: str) -> Callable[[], bool]:
    return lambda: any(
        line.startswith("error: ") and says in line for line in trial.fleet.log_of(name).splitlines()
    )


def _refused(name: str, what: str, inject: Callable[[Trial], None]) -> Fault:
    return Fault(
        name,
        what,
        inject,
        events=30_000,
        rate=1_000,
        planted=dict.fromkeys(_WORKERS, planted.code_of(planted.topics_are_checked_often)),
        exits=frozenset({_EX_CONFIG}),
    )


FAULTS: Final = (
    _refused("retention-cut", "the retention of an input is cut below the horizon", cut_retention),
    _refused("partition-added", "an input gets one more partition", add_partition),
)
