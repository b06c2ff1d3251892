"""Faults inside a step: an unforeseen error."""

from typing import Final

from attribution_tests.chaos.planted import code_of
from attribution_tests.chaos.trial import Fault, Trial


def fail_in_steps(trial: Trial) -> None:
    """Raise an error in a step of a random worker. It must end without a commit of that unit of work."""
    for round_ in range(1, trial.rounds + 1):
        trial.live.wait_until_published(round_ / (trial.rounds + 1), 120.0)
        name = trial.any_worker()
        trial.fleet.plant(name, code_of("points", "error-in-a-step", trial.rng.randint(1, 40)))
        trial.fleet.kill(name)
        trial.kills += 1
        trial.recover()


FAULTS: Final = (
    Fault(
        "error-in-a-step",
        "an unforeseen error in a step",
        fail_in_steps,
        exits=frozenset({1, 70}),
    ),
)
