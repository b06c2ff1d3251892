"""The Kafka host without Kafka, with faults at every await; ``make sim`` runs more seeds."""

import os
import subprocess
import sys
from typing import Final

import pytest

from attribution_tests import TESTS
from attribution_tests.deterministic_simulation.plants import INSIDE, OUTSIDE
from attribution_tests.deterministic_simulation.run import run

SEEDS: Final = range(1, 201)
CHUNK: Final = 10
SEEDS_OF_BUGS: Final = SEEDS[:10]
LEAST_CAUGHT: Final = 3


@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_seeds(first: int) -> None:
    for seed in range(first, first + CHUNK):
        outcome = run(seed)
        report = "\n".join([*outcome.trace, *outcome.violations])
        assert not outcome.violations, f"seed {seed}: make sim SEEDS={seed}\n{report}"


@pytest.mark.parametrize("bug", INSIDE)
def test_a_planted_bug_is_caught(bug: str) -> None:
    """By at least three of ten seeds that find nothing without it."""
    with INSIDE[bug]():
        caught = [seed for seed in SEEDS_OF_BUGS if run(seed, OUTSIDE.get(bug)).violations]
    assert len(caught) >= LEAST_CAUGHT, f"caught by the seeds {caught} of {SEEDS_OF_BUGS}"


def test_a_seed_runs_the_same_way_twice() -> None:
    assert run(4).digest == run(4).digest != run(6).digest


def test_a_seed_does_not_depend_on_the_hash_of_strings() -> None:
    command = [
        sys.executable,
        "-c",
        "from attribution_tests.deterministic_simulation.run import run; print(run(4).digest)",
    ]
    path = os.pathsep.join([str(TESTS), *sys.path])
    digests = {
        subprocess.check_output(command, env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": str(seed)})
        for seed in (1, 2)
    }
    assert len(digests) == 1
