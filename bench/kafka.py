# mypy: disable-error-code="import-untyped"
"""Measures a worker on a real broker, on a backlog and live. Compares the output with the steps alone.

    PYTHONPATH=tests python -m bench.kafka [--events N] [--buyers N] [--store memory|rocksdb] [--rate N] [--seconds N]

The worker has a core to itself. Broker and producer share the other core. CPU seconds are those of the
worker, from the time when its tasks are ready.
"""

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any, Final
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from attribution.config.kafka_clients import client_options
from attribution.streams.clients.aiokafka_internals import BatchedRecords
from attribution.streams.clients.consumer import fetch
from attribution.streams.task.restore import reader_of
from attribution_tests.kafka_broker import provided
from attribution_tests.kafka_deployment.deployed import Deployed, stop
from bench.live import live
from bench.worker import EVENTS, compared, deployment, traffic, when_ready, work_off, worker

RESULT: Final = Path("build/bench-kafka.json")


def main() -> None:
    """Run both measurements, print the results, and write them to a file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--buyers", type=int, default=200_000)
    parser.add_argument("--store", choices=("memory", "rocksdb"), default="memory")
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "broker").mkdir()
        with provided(folder / "broker") as bootstrap:
            results = {
                "backlog": backlog(bootstrap, folder, options),
                "live": live(bootstrap, folder, options),
            }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(results, indent=1))
    show(results)


def backlog(bootstrap: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Write the log, then start a worker on it."""
    deployed = deployment(bootstrap, "backlog-", folder)
    records = list(traffic(options.events, options.buyers))
    deployed.publish(records)
    events = sum(record.topic in EVENTS for record in records)
    del records
    taken = work_off(deployed, options.store)
    restored = restore(deployed, options.store)
    wall, cpu = taken.seconds, taken.cpu_seconds
    stages = {"fetch": fetch_seconds(deployed)} | taken.by_stage
    return {
        "events": events,
        "ready_seconds": taken.ready_seconds,
        "peak_mib": taken.peak_mib,
        "events_per_second": events / wall,
        "events_per_cpu_second": events / cpu,
        "microseconds_by_stage": {
            **{stage: seconds / events * 1e6 for stage, seconds in stages.items() if stage != "commit"},
            "produce, commit and the rest": (cpu - sum(stages.values()) + stages["commit"]) / events * 1e6,
            "waiting": (wall - cpu) / events * 1e6,
        },
        "restored_per_second": restored,
    } | compared(deployed)


def fetch_seconds(deployed: Deployed) -> float:
    """Return the CPU seconds that the worker's client takes to read the inputs without processing them."""

    async def read() -> float:
        reader = reader_of(client_options(deployed.kafka))
        await reader.start()
        try:
            partitions = range(deployed.kafka.partitions)
            places = [TopicPartition(deployed.names.topic(topic), p) for topic in EVENTS for p in partitions]
            reader.assign(places)
            for place in places:
                reader.seek(place, 0)
            ends = await reader.end_offsets(places)
            began = process_time()
            while any([await reader.position(place) < end for place, end in ends.items()]):
                await fetch(reader, *places, timeout_ms=200, most=10_000)
            return process_time() - began
        finally:
            await reader.stop()

    with patch.object(fetcher, "PartitionRecords", BatchedRecords):
        return asyncio.run(read())


def restore(deployed: Deployed, store: str) -> float:
    """Start a worker on an empty disk; return the records per second that it reads to restore all tasks."""
    with worker(deployed, store, "restored") as process:
        when_ready(deployed, {"restored": process})
        stop(process)
    ready = deployed.logged("task ready", "restored")
    return float(
        sum(task["restored_records"] for task in ready) / max(task["restore_seconds"] for task in ready)
    )


def show(results: Mapping[str, Any]) -> None:
    """Print the results as text."""
    one, two = results["backlog"], results["live"]
    by_stage = ", ".join(f"{stage} {took:.1f}" for stage, took in one["microseconds_by_stage"].items())
    within = ", ".join(f"{bound} s {share:.1%}" for bound, share in two["share_within_seconds"].items())
    print(
        f"backlog  {one['events']:>12,} events, ready after {one['ready_seconds']:.1f} s",
        f"         {one['events_per_second']:>12,.0f} events/s",
        f"         {one['events_per_cpu_second']:>12,.0f} events/s per CPU-second, {one['peak_mib']:,.0f} MiB at most",
        f"         {one['orders']:>12,} orders; {equal(one)}",
        f"         us an event: {by_stage}",
        f"         {one['restored_per_second']:>12,.0f} records/s restored on an empty disk",
        f"live     {two['rate']:>12,} events/s, {two['core_share']:.0%} of a core; idle {two['idle_core_share']:.1%}",
        f"         half of the orders within {two['p50_ms']:.0f} ms, 99 of 100 within {two['p99_ms']:.0f} ms",
        f"         orders within {within}",
        f"killed   {two['first_output_s']:>12.1f} s to the first output, caught up after {two['caught_up_s']:.1f} s",
        f"         {two['orders']:>12,} orders; {equal(two)}",
        f"\nall figures: {RESULT}",
        sep="\n",
    )


def equal(result: Mapping[str, Any]) -> str:
    """Return whether the output equals that of the steps alone on the same records, as text."""
    return f"decisions equal {result['decisions_equal']}, ledger equal {result['ledger_equal']}"


if __name__ == "__main__":
    main()
