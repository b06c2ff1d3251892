"""Fills the state of one worker's tasks in RocksDB, and shows how much memory and disk it takes.

    python -m bench.state [--touches N] [--buyers N] [--tasks N] [--cache-touches N]

Between two transactions it does the same as a worker (streams/task/task.py), without the broker. Clicks span
30 days, so that none expires. They come in visits of ten, and an order follows every 500 clicks. Settings are
the worker's defaults.
"""

import argparse
import json
import os
import random
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from attribution.commands.simulate import Scenario, simulate
from attribution.config.settings import Settings
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.events import Click, OrderPaid
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Link
from attribution.domain.records.topics import BY_NAME, REFERENCES
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.process_memory import collect_seldom
from attribution.engine.producer_record import ProducerRecord
from attribution.engine.record import Record
from attribution.engine.stores.rocksdb import RocksStore
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.hosts.kafka.job import AttributionJob
from attribution.processor.persistence import Limits, Persistence
from attribution.streams.checkpoint import LOCAL
from bench.process import memory_mib

FOLDER: Final = Path("build/bench-state")
RESULT: Final = Path("build/bench-state.json")
TOUCHES_A_VISIT: Final = 10
TOUCHES_AN_ORDER: Final = 500
LENGTH_MS: Final = 30 * DAY_MS
_REFERENCES: Final = frozenset(topic.name for topic in REFERENCES)
_RANKS: Final = {name: topic.rank or 0 for name, topic in BY_NAME.items()}


def main() -> None:
    """Fill the state, print the figures, and write them to a file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touches", type=int, default=5_000_000)
    parser.add_argument("--buyers", type=int, default=1_000_000)
    parser.add_argument("--tasks", type=int, default=4)
    parser.add_argument("--cache-touches", type=int, default=Settings().state.cache_touches)
    options = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    figures = fill(options)
    print(f"highest {figures[-1]['peak_mib']:,.0f} MiB")
    RESULT.write_text(json.dumps(figures, indent=1))
    print(f"\nall figures: {RESULT}")


def fill(options: argparse.Namespace) -> list[dict[str, float]]:
    """Process touches in all tasks in turn; return figures after each twentieth of the touches."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    collect_seldom()
    tasks = [_Task(number, options) for number in range(options.tasks)]
    figures, began = [], perf_counter()
    step = Settings().run.step_records
    print(f"{'touches':>12}{'touches/s':>12}{'memory MiB':>12}{'disk MiB':>12}")
    for done in range(0, options.touches, step):
        tasks[done // step % options.tasks].process(step)
        reached = done + step
        if reached * 20 // options.touches > done * 20 // options.touches:
            figures.append(
                {
                    "touches": reached,
                    "touches_per_second": reached / (perf_counter() - began),
                    "memory_mib": memory_mib(os.getpid(), "VmRSS"),
                    "peak_mib": memory_mib(os.getpid(), "VmHWM"),
                    "disk_mib": sum(task.store.size_bytes() for task in tasks) / 2**20,
                }
            )
            now = figures[-1]
            print(
                f"{reached:>12,}{now['touches_per_second']:>12,.0f}{now['memory_mib']:>12,.0f}"
                f"{now['disk_mib']:>12,.0f}",
                flush=True,
            )
    return figures


class _Task:
    def __init__(self, number: int, options: argparse.Namespace) -> None:
        settings = Settings().state
        job = AttributionJob(
            frozenset(),
            DEFAULT_POLICY,
            Limits(options.cache_touches, settings.order_age_days * DAY_MS),
            Persistence(interactions=True, orders=True, versions=False),
        )
        behind = RocksStore(FOLDER / str(number), (settings.store_cache_mb << 20) // options.tasks)
        self.store = WriteBuffer(behind, (*job.unlogged, LOCAL))
        self._work = job.open_work(number, options.tasks, self.store)
        references = _references()
        self._work.processor.process(references)
        link_ids = [record.event.link_id for record in references if isinstance(record.event, Link)]
        self._records = _traffic(number, options, link_ids)

    def process(self, number: int) -> None:
        work = self._work
        work.processor.process(list(islice(self._records, number)))
        work.flush()
        work.unit.write_batch.write_to(self.store)
        work.unit.clear()
        self.store.commit()
        work.trim()


def _references() -> list[Record]:
    simulated = simulate(Scenario(events=1_000, buyers=100, hours=1))
    return [_reference(one, number) for number, one in enumerate(simulated) if one.topic in _REFERENCES]


def _reference(one: ProducerRecord, number: int) -> Record:
    [event] = TopicDecoder(BY_NAME[one.topic]).decode([one.value], [one.timestamp])
    return Record(one.timestamp, 0, 0, number, one.topic, one.key, one.value, event)


def _traffic(task: int, options: argparse.Namespace, link_ids: list[str]) -> Iterator[Record]:
    random_source = random.Random(task)  # noqa: S311 - load, not secrets
    buyers, touches = options.buyers // options.tasks, options.touches // options.tasks
    buyer_id = ""
    for number in range(touches):
        at = Scenario().start_ms + number * LENGTH_MS // touches
        if number % TOUCHES_A_VISIT == 0:
            buyer_id = f"b{task}-{int(buyers * random_source.random() ** 2)}"
        click = Click(
            event_id=f"ec{task}-{number}",
            occurred_at=at,
            click_id=f"c{task}-{number}",
            link_id=random_source.choice(link_ids),
            surface="live",
            buyer_id=buyer_id,
        )
        yield Record(at, _RANKS["clicks"], task, number, "clicks", buyer_id, b"", click)
        if number % TOUCHES_AN_ORDER == TOUCHES_AN_ORDER - 1:
            yield _order(task, number, at + 1, buyer_id)


def _order(task: int, number: int, at: int, buyer_id: str) -> Record:
    paid = OrderPaid(
        event_id=f"eo{task}-{number}",
        occurred_at=at,
        order_id=f"o{task}-{number}",
        buyer_id=buyer_id,
        placed_at=at,
        merchant_id="m01",
        product_id="p0101",
        quantity=1,
        currency="CNY",
        paid_amount=9_900,
        carrier="live",
    )
    return Record(at, _RANKS["orders"], task, number, "orders", buyer_id, msgspec.json.encode(paid), paid)


if __name__ == "__main__":
    main()
