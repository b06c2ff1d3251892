"""Measures what the rules cost per touch: as one generated function, and as a loop over the table of verdicts.

    python -m bench.rules [--events N] [--buyers N] [--rounds N]

The touches are those that an embedded run evaluates on events of the simulator. A round times each way on all
of them. The figures are nanoseconds of CPU time per touch, less those of a function that does nothing.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Final, TypeAlias
from unittest.mock import patch

from attribution.commands.simulate import Scenario, simulate, write_directory
from attribution.config.settings import Settings
from attribution.domain.decisions import shortlist
from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.evaluation import evaluate, first_rejection
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.decisions.verdicts import VERDICTS
from attribution.domain.touches.interaction import Interaction
from attribution.hosts.embedded.plan import plan_of
from attribution.hosts.embedded.run import EmbeddedRun

Touch: TypeAlias = tuple[OrderContext, LinkSnapshot, Interaction]
FirstRejection: TypeAlias = Callable[[OrderContext, LinkSnapshot, Interaction], str | None]

_RULES: Final = tuple((verdict.rejects, verdict.code) for verdict in VERDICTS if verdict.rejects is not None)


def main() -> None:
    """Gather the touches, and print the figures of each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--buyers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    touches = evaluated(options.events, options.buyers)
    ways: dict[str, FirstRejection] = {"one function": first_rejection, "loop over the table": in_a_loop}
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        nothing = nanoseconds(lambda *_: None, touches)
        for name, way in ways.items():
            figures[name].append(nanoseconds(way, touches) - nothing)
    show(touches, figures)


def in_a_loop(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> str | None:
    """Return what the generated function returns, with a call per rule."""
    for rejects, code in _RULES:
        if rejects(context, snapshot, interaction):
            return code
    return None


def evaluated(events: int, buyers: int) -> list[Touch]:
    """Return the touches that a run evaluates, each as the rules read it."""
    touches: list[Touch] = []

    def gather(context: OrderContext, interaction: Interaction) -> Candidate:
        candidate = evaluate(context, interaction)
        touches.append((context, candidate.snapshot, interaction))
        return candidate

    with tempfile.TemporaryDirectory() as folder, patch.object(shortlist, "evaluate", gather):
        write_directory(simulate(Scenario(events=events, buyers=buyers)), Path(folder) / "input")
        run = EmbeddedRun(plan_of(Settings(), f"{folder}/input", Path(folder) / "output"))
        run.run(lambda _: None, lambda: False)
        run.close()
    return touches


def nanoseconds(way: FirstRejection, touches: list[Touch]) -> float:
    """Return the time of a way per touch."""
    began = process_time_ns()
    for context, snapshot, interaction in touches:
        way(context, snapshot, interaction)
    return (process_time_ns() - began) / len(touches)


def show(touches: list[Touch], figures: dict[str, list[float]]) -> None:
    """Print the verdicts and the median, least and greatest time of each way."""
    found = Counter(first_rejection(*touch) or "no rejection" for touch in touches)
    shares = ", ".join(f"{code} {number / len(touches):.0%}" for code, number in found.most_common())
    print(f"{len(touches):,} touches: {shares}\n")
    print(f"{'':24}{'median':>9}{'least':>9}{'most':>9}")
    for name, times in figures.items():
        print(f"{name:24}{median(times):>9.0f}{min(times):>9.0f}{max(times):>9.0f}")


if __name__ == "__main__":
    main()
