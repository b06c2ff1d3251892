# mypy: disable-error-code="import-untyped"
"""Measures a worker on a real broker: a backlog, and live traffic; what it wrote is compared with the steps alone.

    python -m bench.kafka [--events N] [--buyers N] [--store memory|rocksdb] [--rate N] [--seconds N]

The worker has a core to itself; broker and producer share the other. CPU seconds are the worker's, from the moment
when its tasks are ready.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time, sleep, time
from typing import Any, Final
from unittest.mock import patch
from urllib.request import urlopen

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from attribution.hosts.config.settings import Kafka
from attribution.hosts.kafka.connection import client_options
from attribution.hosts.kafka.fetching import Lots, fetch
from attribution.hosts.kafka.publish import publishing
from attribution.hosts.kafka.restore import reader_of
from attribution.hosts.record import OutgoingRecord
from attribution.hosts.simulate import Scenario, simulate
from bench.process import memory_mib

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from kafka.deployment import Deployed, last_decisions, stop, sums, wait_for
from kafka_broker import provided

EVENTS: Final = ("clicks", "room-entries", "orders")
STAGES: Final = ("decode", "merge", "derive", "encode", "commit", "write")
HOUR_MS: Final = 3_600_000
PORT: Final = 18_080
RESULT: Final = Path("build/bench-kafka.json")

Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """What workers took, together, for what was written: from when their tasks were ready until it was done."""

    ready_seconds: float
    seconds: float
    cpu_seconds: float
    by_stage: dict[str, float]
    peak_mib: float


def main() -> None:
    """Run both measurements, print them, and write them to a file."""
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
    """Return the CPU seconds that the worker's client takes to read the inputs, with nothing done to them."""

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

    with patch.object(fetcher, "PartitionRecords", Lots):
        return asyncio.run(read())


def work_off(
    deployed: Deployed,
    store: str,
    names: Sequence[str] = "a",
    until: Callable[[Deployed], None] = Deployed.wait_until_done,
) -> Taken:
    """Start workers on what is written, stop them when all is done; the clock stops at ``until``.

    One has a core to itself, several share all of them.
    """
    with ExitStack() as stack:
        began = perf_counter()
        processes = {
            name: stack.enter_context(worker(deployed, store, name, PORT + number, alone=len(names) == 1))
            for number, name in enumerate(names)
        }
        ready = when_ready(deployed, processes)
        until(deployed)
        ended, cpu = perf_counter(), sum(cpu_seconds(process.pid) for process in processes.values())
        by_stage = [stage_seconds(PORT + number) for number in range(len(names))]
        if until is not Deployed.wait_until_done:
            deployed.wait_until_done()
        peak = sum(memory_mib(process.pid, "VmHWM") for process in processes.values())
        for process in processes.values():
            stop(process)
    return Taken(
        ready_seconds=max(at for at, _ in ready) - began,
        seconds=ended - min(at for at, _ in ready),
        cpu_seconds=cpu - sum(used for _, used in ready),
        by_stage={stage: sum(one[stage] for one in by_stage) for stage in STAGES},
        peak_mib=peak,
    )


def when_ready(deployed: Deployed, processes: dict[str, Process]) -> list[tuple[float, float]]:
    """Wait until each worker has had its share of the tasks ready; return when that was, and its CPU seconds then."""
    share = deployed.kafka.partitions // len(processes)
    found: dict[str, tuple[float, float]] = {}

    def look() -> bool:
        for name in processes.keys() - found.keys():
            if deployed.log_of(name).count("task ready") >= share:
                found[name] = perf_counter(), cpu_seconds(processes[name].pid)
        return len(found) == len(processes)

    wait_for(look)
    return list(found.values())


def compared(deployed: Deployed) -> dict[str, Any]:
    """Compare what was written with the steps alone."""
    outputs, expected = deployed.outputs(), deployed.expected()
    return {
        "orders": len(expected["decisions"]),
        "decisions_equal": last_decisions(outputs["decisions"]) == last_decisions(expected["decisions"]),
        "ledger_equal": sums(outputs["commissions"]) == sums(expected["commissions"]),
    }


def restore(deployed: Deployed, store: str) -> float:
    """Start a worker on an empty disk; return how many records a second it reads to restore all tasks at once."""
    with worker(deployed, store, "restored") as process:
        wait_for(lambda: deployed.log_of("restored").count("task ready") == 4)
        stop(process)
    ready = deployed.logged("task ready", "restored")
    return float(
        sum(task["restored_records"] for task in ready) / max(task["restore_seconds"] for task in ready)
    )


def live(bootstrap: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Write at a rate to a worker that is there; then let it idle."""
    deployed = deployment(bootstrap, "live-", folder)
    records = list(traffic(options.rate * options.seconds, options.buyers))
    deployed.publish(record for record in records if record.topic not in EVENTS and record.topic != "ticks")
    with worker(deployed, options.store) as process:
        wait_for(lambda: deployed.log_of().count("task ready") == 4)
        sleep(2)
        idle = cpu_share(process.pid, 5.0)
        cpu, began = cpu_seconds(process.pid), perf_counter()
        publish_at(deployed, options.rate, now(record for record in records if record.topic in EVENTS))
        share = (cpu_seconds(process.pid) - cpu) / (perf_counter() - began)
        sleep(2)
        latency = order_to_commit()
        stop(process)
    return {"rate": options.rate, "core_share": share, "idle_core_share": idle} | latency


def deployment(bootstrap: str, prefix: str, folder: Path, partitions: int = 4) -> Deployed:
    (folder / prefix).mkdir()
    kafka = Kafka(bootstrap=bootstrap, topic_prefix=prefix, partitions=partitions)
    deployed = Deployed(kafka, folder / prefix)
    deployed.create_topics()
    return deployed


def traffic(events: int, buyers: int) -> Iterator[OutgoingRecord]:
    start = int(time()) * 1000 - 240 * HOUR_MS
    return iter(simulate(Scenario(events=events, buyers=buyers, start_ms=start)))


def now(records: Iterable[OutgoingRecord]) -> Iterator[OutgoingRecord]:
    for record in records:
        yield replace(record, timestamp=int(time() * 1000))


def publish_at(deployed: Deployed, rate: int, records: Iterable[OutgoingRecord]) -> None:
    async def publish() -> None:
        async with publishing(client_options(deployed.kafka), deployed.names) as publisher:
            await publisher.publish_at(rate, records)

    asyncio.run(publish())


@contextmanager
def worker(
    deployed: Deployed, store: str, name: str = "a", port: int = PORT, *, alone: bool = True
) -> Iterator[Process]:
    """Start a worker on the core that is not ours, or on all."""
    variables = {
        "ATTRIBUTION_STATE__STORE": store,
        "ATTRIBUTION_KAFKA__COMMIT_INTERVAL_MS": "100",
        "ATTRIBUTION_HTTP__ENABLED": "true",
        "ATTRIBUTION_HTTP__PORT": str(port),
    }
    ours, every = os.sched_getaffinity(0), os.sched_getaffinity(os.getppid())
    with deployed.worker(name, **variables) as process:
        os.sched_setaffinity(process.pid, {min(every - ours, default=0)} if alone else every)
        yield process


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(pid: int, seconds: float) -> float:
    before = cpu_seconds(pid)
    sleep(seconds)
    return (cpu_seconds(pid) - before) / seconds


def samples(port: int = PORT) -> dict[str, float]:
    text = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def stage_seconds(port: int = PORT) -> dict[str, float]:
    found = samples(port)
    return {stage: found.get(f'attribution_stage_seconds_total{{stage="{stage}"}}', 0.0) for stage in STAGES}


def order_to_commit() -> dict[str, Any]:
    """Return by bound the share of orders committed within it."""
    name = "attribution_order_to_commit_seconds"
    found = samples()
    total = found[f"{name}_count"]
    bounds = ("0.1", "0.2", "0.3", "0.5", "1.0", "2.5")
    within = {bound: found[f'{name}_bucket{{le="{bound}"}}'] / total for bound in bounds}
    return {"orders": total, "share_within_seconds": within}


def show(results: dict[str, Any]) -> None:
    one, two = results["backlog"], results["live"]
    print(f"backlog  {one['events']:>12,} events, ready after {one['ready_seconds']:.1f} s")
    print(f"         {one['events_per_second']:>12,.0f} events/s")
    print(f"         {one['events_per_cpu_second']:>12,.0f} events/s per CPU-second")
    print(
        f"         {one['orders']:>12,} orders; decisions equal {one['decisions_equal']}, "
        f"ledger equal {one['ledger_equal']}"
    )
    print(
        "         us an event: " + ", ".join(f"{k} {v:.1f}" for k, v in one["microseconds_by_stage"].items())
    )
    print(f"         {one['restored_per_second']:>12,.0f} records/s restored on an empty disk")
    print(
        f"live     {two['rate']:>12,} events/s, {two['core_share']:.0%} of a core; idle {two['idle_core_share']:.1%}"
    )
    print(
        "         orders within "
        + ", ".join(f"{k} s {v:.1%}" for k, v in two["share_within_seconds"].items())
    )
    print(f"\nall figures: {RESULT}")


if __name__ == "__main__":
    main()
