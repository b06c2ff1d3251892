# mypy: disable-error-code="import-untyped"
"""Shows how the cost of the worker on Kafka grows with partitions, buyers, the window, and workers.

    PYTHONPATH=tests python -m bench.growth [--events N] [--store memory|rocksdb] [--rows NAME,...]

Each row is a separate run on a backlog; all rows share one broker. The output of each row is compared with
the steps alone. The first row has 4 partitions, 200,000 buyers, a window of 24 hours and one worker. Every
other row differs from it in one parameter. The traffic spans 72 hours in every row, so a window of 30 days
covers all of it. A worker has a core to itself, and the broker has the other. Two workers share both cores
with the broker. The clock runs from when the first worker's tasks are ready until everything is committed.
"""

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from attribution.domain.records.fields import DAY_MS
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_broker import provided
from attribution_tests.kafka_deployment.deployed import Deployed, wait_for
from bench.worker import EVENTS, HOUR_MS, Taken, compared, deployment, traffic, work_off

RESULT: Final = Path("build/bench-growth.json")
WINDOWS: Final = {"campaigns": ("window_ms",), "policies": ("default_window_ms", "max_window_ms")}
"""By topic, the fields that set how long a touch counts."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The parameters of a row."""

    partitions: int = 4
    buyers: int = 200_000
    window_ms: int = DAY_MS
    workers: int = 1


CASES: Final = {
    "base": Measurement(),
    "partitions-1": Measurement(partitions=1),
    "partitions-2": Measurement(partitions=2),
    "partitions-8": Measurement(partitions=8),
    "buyers-1e5": Measurement(buyers=100_000),
    "buyers-1e6": Measurement(buyers=1_000_000),
    "buyers-1e7": Measurement(buyers=10_000_000),
    "window-1h": Measurement(window_ms=HOUR_MS),
    "window-30d": Measurement(window_ms=30 * DAY_MS),
    "workers-2": Measurement(workers=2),
}
COLUMNS: Final = {
    "events_per_second": ("events/s", ",.0f"),
    "cpu_seconds": ("CPU s", ".2f"),
    "cpu_seconds_per_million": ("CPU s/million", ".1f"),
    "events_per_cpu_second": ("events/CPU s", ",.0f"),
    "derive_microseconds": ("derive us", ".1f"),
    "peak_mib": ("peak MiB", ",.0f"),
    "buyers_seen": ("buyers seen", ","),
    "orders": ("orders", ","),
}


def main() -> None:
    """Run every row, print it when it is done, and write all rows to a file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--store", choices=("memory", "rocksdb"), default="rocksdb")
    parser.add_argument("--rows", default=",".join(CASES), help="rows to run; default: %(default)s")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    show_row("row", [title for title, _ in COLUMNS.values()], "equal")
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measure(Path(folder), options))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1))
    print(f"\nall figures: {RESULT}")


def measure(folder: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run the rows on one broker."""
    (folder / "broker").mkdir()
    with provided(folder / "broker") as bootstrap:
        for name in options.rows.split(","):
            case = CASES[name]
            deployed = deployment(bootstrap, f"{name}-", folder, case.partitions)
            found = {"row": name} | asdict(case) | run(deployed, case, options)
            show(found)
            yield found


def run(deployed: Deployed, case: Measurement, options: argparse.Namespace) -> dict[str, Any]:
    """Write the log, let the workers process it, and compare their output."""
    records = list(windowed(traffic(options.events, case.buyers), case.window_ms))
    deployed.publish(records)
    events = [record for record in records if record.topic in EVENTS]
    found = {"events": len(events), "buyers_seen": len({event.key for event in events})}
    del records, events
    taken = work_off(deployed, options.store, "ab"[: case.workers], wait_until_committed)
    return found | cost(taken, found["events"]) | compared(deployed)


def windowed(records: Iterable[ProducerRecord], window_ms: int) -> Iterator[ProducerRecord]:
    """Give every campaign and policy the same window; invalid records stay as they are."""
    for record in records:
        if record.topic in WINDOWS and record.value.startswith(b"{"):
            fields = dict.fromkeys(WINDOWS[record.topic], window_ms)
            yield replace(record, value=msgspec.json.encode(msgspec.json.decode(record.value) | fields))
        else:
            yield record


def wait_until_committed(deployed: Deployed) -> None:
    """Wait only for the group's positions: reading a changelog takes seconds that differ between rows."""
    wait_for(lambda: asyncio.run(deployed._lag()) == 0)  # noqa: SLF001


def cost(taken: Taken, events: int) -> dict[str, Any]:
    """Return the cost, also per event."""
    return asdict(taken) | {
        "events_per_second": events / taken.seconds,
        "cpu_seconds_per_million": taken.cpu_seconds / events * 1e6,
        "events_per_cpu_second": events / taken.cpu_seconds,
        "derive_microseconds": taken.by_stage["derive"] / events * 1e6,
    }


def show(found: dict[str, Any]) -> None:
    """Print a row."""
    equal = found["decisions_equal"] and found["ledger_equal"]
    figures = [format(found[name], shape) for name, (_, shape) in COLUMNS.items()]
    show_row(found["row"], figures, "yes" if equal else "NO")


def show_row(name: str, figures: list[str], equal: str) -> None:
    """Print one row of aligned cells."""
    print(f"{name:<13}", *(f"{figure:>13}" for figure in figures), f"{equal:>6}", flush=True)


if __name__ == "__main__":
    main()
