# ruff: noqa: T201
"""Run seeds: ``python -m attribution_tests.deterministic_simulation --seeds 1-200 [--minutes N]``; a failing seed prints its last events."""

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from time import monotonic

from attribution_tests.deterministic_simulation.plan import plan_of
from attribution_tests.deterministic_simulation.run import Outcome, run


def seeds_of(text: str) -> Iterator[int]:
    """Yield the seeds of a list.

    >>> list(seeds_of("1-3,7"))
    [1, 2, 3, 7]
    """
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def report(outcome: Outcome) -> None:
    print(f"seed {outcome.seed} fails: {plan_of(outcome.seed)}")
    for line in chain(outcome.trace, ("",), outcome.violations):
        print(f"  {line}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation")
    parser.add_argument("--seeds", default="1-200")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    until = monotonic() + given.minutes * 60 if given.minutes else None
    ran, failed = 0, []
    for seed in seeds_of(given.seeds):
        if until is not None and monotonic() > until:
            break
        began = monotonic()
        outcome = run(seed)
        ran += 1
        if outcome.violations:
            failed.append(seed)
            report(outcome)
        if given.verbose:
            print(
                seed,
                outcome.digest,
                outcome.steps,
                f"{outcome.seconds:.0f}",
                f"{monotonic() - began:.2f}",
                flush=True,
            )
    print(f"{ran} seeds, {len(failed)} fail: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
