"""Report the results of trials as a table and as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attribution_tests.chaos.trial import Result

_HEADINGS: Final = (
    "fault",
    "seed",
    "records",
    "orders",
    "kills",
    "exits",
    "seconds",
    "records/s",
    "recovery s",
    "violations",
)
_SHOWN: Final = 5


def table(results: Sequence[Result]) -> str:
    """Return the figures of all trials as an aligned table.

    >>> print(table([Result("worker-lost", 1, records=10, seconds=2.5)]).splitlines()[1])
    worker-lost     1       10       0      0      -      2.5          0           -  0
    """
    rows = [_HEADINGS, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(_aligned(row, widths) for row in rows)


def violations_text(result: Result) -> str:
    """Return the first few violations of each kind, with their counts."""
    lines = []
    for kind, count in Counter(one.kind for one in result.violations).items():
        lines.append(f"  {kind}: {count:,}")
        some = [one for one in result.violations if one.kind == kind][:_SHOWN]
        lines += [f"    {one.where}: {one.detail}" for one in some]
    return "\n".join(lines)


def write_json(results: Sequence[Result], file: Path) -> None:
    """Write all figures to a file as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([result.as_json() for result in results], indent=1))


def _row(result: Result) -> tuple[str, ...]:
    exits = ", ".join(f"{code} x{times}" for code, times in sorted(result.exits.items()) if code)
    recovery = f"{max(result.recoveries):.1f} at most" if result.recoveries else "-"
    return (
        result.fault,
        str(result.seed),
        f"{result.records:,}",
        f"{result.orders:,}",
        str(result.kills),
        exits or "-",
        f"{result.seconds:.1f}",
        f"{result.records_per_second:,.0f}",
        recovery,
        str(len(result.violations)),
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
    return "  ".join([*cells, row[-1]])
