"""Measures the embedded host on one core, with state in memory and in SQLite, on files of the simulator.

    python -m bench.embedded [--events N] [--buyers N] [--runs N]

Each run is a separate process, pinned to one core. Rates count input events (clicks, room entries, orders)
over the wall time of the run. This includes the check of the files' order, but not the start of the
interpreter and the imports.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from attribution.commands.simulate import Scenario, simulate, write_directory
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.hosts.embedded.plan import Plan
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.hosts.embedded.totals import StepReport

BUILD = Path("build/bench")
EVENTS = ("clicks", "room-entries", "orders")
GOALS = {"memory": 60_000, "sqlite": 40_000}
STAGES = ("read", "decode", "merge", "derive", "encode", "write", "other")
STEP_RECORDS = 20_000
CACHE_TOUCHES = 2_000_000


def main() -> None:
    """Run the benchmark, or one measured run of it in this process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--buyers", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", choices=GOALS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = _input(options.events, options.buyers)
    if options.once:
        print(json.dumps(_measure(folder, options.once)))
        return
    results = {state: [_run(state, options) for _ in range(options.runs)] for state in GOALS}
    _print(results, options)
    (BUILD.parent / "bench.json").write_text(json.dumps(results, indent=1))
    print(f"\nall figures: {BUILD.parent / 'bench.json'}")


def _input(events: int, buyers: int) -> Path:
    folder = BUILD / f"input-{events}-{buyers}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"simulating {events:,} events of {buyers:,} buyers ...", file=sys.stderr)
        write_directory(simulate(Scenario(events=events, buyers=buyers)), folder)
        (folder / "done").touch()
    return folder


def _run(state: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.embedded", "--once", state]
    command += ["--events", str(options.events), "--buyers", str(options.buyers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _measure(folder: Path, state: str) -> dict[str, Any]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    shutil.rmtree(BUILD / state, ignore_errors=True)
    (BUILD / state).mkdir(parents=True)
    consumed: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    sizes: dict[str, int] = {}

    def on_step(step: StepReport) -> None:
        consumed.update(step.consumed)
        seconds.update(step.seconds)
        sizes.update(step.sizes)

    began, began_cpu = perf_counter(), process_time()
    run = EmbeddedRun(_plan(folder, state))
    run.run(on_step, lambda: False)
    run.close()
    wall, cpu = perf_counter() - began, process_time() - began_cpu
    events = sum(consumed[topic] for topic in EVENTS)
    return {
        "events": events,
        "records": consumed.total(),
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "events_per_second": events / wall,
        "events_per_cpu_second": events / cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "state_mib": sizes["state_bytes"] / 2**20,
        "output_mib": sum(path.stat().st_size for path in run.output.paths().values()) / 2**20,
        "microseconds_by_stage": {stage: seconds[stage] / events * 1e6 for stage in STAGES},
    }


def _plan(folder: Path, state: str) -> Plan:
    return Plan(
        input=str(folder),
        output=BUILD / state / "output",
        state=BUILD / state / "state.db" if state == "sqlite" else None,
        default_policy=DEFAULT_POLICY,
        step_records=STEP_RECORDS,
        cache_touches=CACHE_TOUCHES,
        sqlite_cache_bytes=64 << 20,
        memory_limit_bytes=8 << 30,
        order_age_ms=180 * 86_400_000,
    )


def _print(results: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> None:
    print(
        f"{options.events:,} events of {options.buyers:,} buyers, one core, best and median of {options.runs}\n"
    )
    print(f"{'state':8}{'events/s':>18}{'per CPU-second':>18}{'goal':>9}{'peak MiB':>10}{'state MiB':>11}")
    for state, runs in results.items():
        by_rate = sorted(runs, key=lambda run: -run["events_per_second"])
        best, median = by_rate[0], by_rate[len(by_rate) // 2]
        rate, per_cpu = (
            f"{best[key]:,.0f} / {median[key]:,.0f}" for key in ("events_per_second", "events_per_cpu_second")
        )
        print(
            f"{state:8}{rate:>18}{per_cpu:>18}{GOALS[state]:>9,}{best['peak_mib']:>10,.0f}{best['state_mib']:>11,.0f}"
        )
    print(f"\nmicroseconds an event{''.join(f'{stage:>9}' for stage in STAGES)}")
    for state, runs in results.items():
        stages = max(runs, key=lambda run: run["events_per_second"])["microseconds_by_stage"]
        print(f"{state:21}{''.join(f'{stages[stage]:>9.2f}' for stage in STAGES)}")


if __name__ == "__main__":
    main()
