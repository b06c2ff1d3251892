"""Measures a worker under live traffic: latency of orders, CPU, and recovery after a kill."""

import argparse
import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice, pairwise
from math import inf
from pathlib import Path
from time import perf_counter, sleep, time
from typing import Any, Final

from attribution.config.kafka_clients import client_options
from attribution.engine.producer_record import ProducerRecord
from attribution.streams.clients.publisher import publishing
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from bench.worker import (
    EVENTS,
    Process,
    compared,
    cpu_seconds,
    cpu_share,
    deployment,
    samples,
    traffic,
    when_ready,
    worker,
)

_COMMITTED: Final = "attribution_order_to_commit_seconds"
_LAG: Final = "attribution_lag_seconds{"
_CAUGHT_UP_SECONDS: Final = 0.5
"""A worker has caught up if its lag is below this."""
_HOURS_AGO: Final = 96
"""When the simulated traffic starts: an order that is reported over seven days late is refused."""
_LEAD_SECONDS: Final = 10
"""How long to publish before latency is measured: the broker warms up."""
_KILL_AFTER_SECONDS: Final = 5
_RECOVERY_SECONDS: Final = 25
"""How long to publish after latency is measured."""
_BOUNDS: Final = (0.1, 0.2, 0.3, 0.5, 1.0, 2.5)


def live(bootstrap: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Let a worker idle, publish to it at a rate, and kill it under load."""
    deployed = deployment(bootstrap, "live-", folder)
    seconds = _LEAD_SECONDS + options.seconds + _RECOVERY_SECONDS
    records = list(traffic(options.rate * seconds, options.buyers, _HOURS_AGO))
    deployed.publish(record for record in records if record.topic not in EVENTS and record.topic != "ticks")
    events = now(record for record in records if record.topic in EVENTS)
    with worker(deployed, options.store) as process:
        when_ready(deployed, {"a": process})
        sleep(2)
        idle = cpu_share(process.pid, 5.0)
        publish_at(deployed, options.rate, islice(events, options.rate * _LEAD_SECONDS))
        cpu, began, before = cpu_seconds(process.pid), perf_counter(), committed()
        publish_at(deployed, options.rate, islice(events, options.rate * options.seconds))
        share = (cpu_seconds(process.pid) - cpu) / (perf_counter() - began)
        sleep(2)
        latency = order_to_commit(before)
        recovery = after_a_kill(deployed, process, options, events)
    figures = {"rate": options.rate, "core_share": share, "idle_core_share": idle}
    return figures | latency | recovery | compared(deployed)


def after_a_kill(
    deployed: Deployed, process: Process, options: argparse.Namespace, events: Iterable[ProducerRecord]
) -> dict[str, float]:
    """Kill the worker under load, and start it again; return its recovery times in seconds from the kill."""
    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(publish_at, deployed, options.rate, events)
        sleep(_KILL_AFTER_SECONDS)
        process.kill()
        process.wait()
        killed = perf_counter()
        with worker(deployed, options.store) as again:
            wait_for(has_committed)
            first_output = perf_counter() - killed
            wait_for(has_caught_up)
            caught_up = perf_counter() - killed
            published.result()
            deployed.wait_until_done()
            stop(again)
    return {"first_output_s": first_output, "caught_up_s": caught_up}


def has_committed() -> bool:
    """Return whether a worker, which may not be up yet, has committed an order."""
    try:
        return samples().get(f"{_COMMITTED}_count", 0) > 0
    except OSError:
        return False


def has_caught_up() -> bool:
    """Return whether every task of a worker has caught up."""
    behind = [seconds for name, seconds in samples().items() if name.startswith(_LAG)]
    return max(behind, default=0) < _CAUGHT_UP_SECONDS


def now(records: Iterable[ProducerRecord]) -> Iterator[ProducerRecord]:
    for record in records:
        yield replace(record, timestamp=int(time() * 1000))


def publish_at(deployed: Deployed, rate: int, records: Iterable[ProducerRecord]) -> None:
    async def publish() -> None:
        async with publishing(client_options(deployed.kafka), deployed.names) as publisher:
            await publisher.publish_at(rate, records)

    asyncio.run(publish())


def order_to_commit(before: dict[float, int]) -> dict[str, Any]:
    """Return the share of orders committed within each bound since ``before``, and quantiles."""
    since = {bound: orders - before[bound] for bound, orders in sorted(committed().items())}
    shares = {bound: orders / since[inf] for bound, orders in since.items()}
    return {
        "share_within_seconds": {bound: shares[bound] for bound in _BOUNDS},
        "p50_ms": quantile_ms(0.5, shares),
        "p99_ms": quantile_ms(0.99, shares),
    }


def committed() -> dict[float, int]:
    """Return the number of orders committed within each bound of the histogram, in seconds."""
    prefix = f'{_COMMITTED}_bucket{{le="'
    found = samples().items()
    return {float(name[len(prefix) : -2]): int(n) for name, n in found if name.startswith(prefix)}


def quantile_ms(share: float, shares: dict[float, float]) -> float:
    """Return the milliseconds within which a share of the orders was committed, interpolated linearly."""
    for (low, less), (high, more) in pairwise([(0.0, 0.0), *shares.items()]):
        if more >= share:
            return 1_000 * (low + (high - low) * (share - less) / (more - less))
    raise ValueError(share)
