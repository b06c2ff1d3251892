"""A few faults on a real broker, and a few planted bugs that must be caught."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from attribution_tests.chaos.bugs import BUGS
from attribution_tests.chaos.environment.ground import Ground
from attribution_tests.chaos.faults import FAULTS
from attribution_tests.chaos.trial import Result, run
from attribution_tests.kafka_broker import Broker

EVENTS = 6_000
RATE = 1_000


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Broker.start(tmp_path_factory.mktemp("broker")) as broker:
        yield Ground([broker])


def small(name: str, ground: Ground, folder: Path) -> Result:
    fault = replace(FAULTS[name], rate=RATE, workers=FAULTS[name].workers[:2], rounds=1)
    return run(fault, 1, folder / name, EVENTS, nullcontext(ground))


@pytest.mark.parametrize("name", ["kill-at-points", "worker-zombie", "broker-kill"])
def test_a_fault_causes_no_violation(name: str, ground: Ground, tmp_path: Path) -> None:
    assert small(name, ground, tmp_path).violations == []


@pytest.mark.parametrize(
    ("name", "caught_as"),
    [
        ("commit-before-produce", {"offset beyond output", "gap in seq"}),
        ("store-before-commit", {"missing", "gap in seq"}),
    ],
)
def test_a_planted_bug_is_caught(name: str, caught_as: set[str], ground: Ground, tmp_path: Path) -> None:
    """A decision is lost: the order has none, or the number of its next one has a gap."""
    result = run(BUGS[name], 1, tmp_path / name, EVENTS, nullcontext(ground))
    assert caught_as & {violation.kind for violation in result.violations}
