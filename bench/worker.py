"""A worker in a benchmark: its deployment, its core, and its resource use."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep, time
from typing import Any, Final
from urllib.request import urlopen

from attribution.commands.simulate import Scenario, simulate
from attribution.config.settings import Kafka
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.outputs import last_decisions, sums
from bench.process import memory_mib

EVENTS: Final = ("clicks", "room-entries", "orders")
STAGES: Final = ("decode", "merge", "derive", "encode", "commit", "write")
HOUR_MS: Final = 3_600_000
PORT: Final = 18_080

Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """Total cost of the workers for the log, from when their tasks were ready until it was processed."""

    ready_seconds: float
    seconds: float
    cpu_seconds: float
    by_stage: dict[str, float]
    peak_mib: float


def deployment(bootstrap: str, prefix: str, folder: Path, partitions: int = 4) -> Deployed:
    (folder / prefix).mkdir()
    kafka = Kafka(bootstrap=bootstrap, topic_prefix=prefix, partitions=partitions)
    deployed = Deployed(kafka, folder / prefix)
    deployed.create_topics()
    return deployed


def traffic(events: int, buyers: int, hours_ago: int = 240) -> Iterator[ProducerRecord]:
    """Return 72 hours of traffic that started ``hours_ago``."""
    start = int(time()) * 1000 - hours_ago * HOUR_MS
    return iter(simulate(Scenario(events=events, buyers=buyers, start_ms=start)))


@contextmanager
def worker(
    deployed: Deployed, store: str, name: str = "a", port: int = PORT, *, alone: bool = True
) -> Iterator[Process]:
    """Start a worker on the core that this process does not use, or on all cores."""
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


def work_off(
    deployed: Deployed,
    store: str,
    names: Sequence[str] = "a",
    until: Callable[[Deployed], None] = Deployed.wait_until_done,
) -> Taken:
    """Start workers on the log, and stop them when all of it is processed; the clock stops at ``until``.

    One worker has a core to itself. Several workers share all cores.
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
    """Wait until each worker's share of the tasks is ready; return that time and its CPU seconds then."""
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
    """Compare the output with that of the steps alone.

    Raises:
        ValueError: no order was to be decided, so there is nothing to compare.
    """
    outputs, expected = deployed.outputs(), deployed.expected()
    if not expected["decisions"]:
        raise ValueError("no order was to be decided")
    return {
        "orders": len(expected["decisions"]),
        "decisions_equal": last_decisions(outputs["decisions"]) == last_decisions(expected["decisions"]),
        "ledger_equal": sums(outputs["commissions"]) == sums(expected["commissions"]),
    }
