"""A version or tick that affects many orders is swept one unit of work at a time; the bytes are the same."""

from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.stores.store import Store
from attribution.processor.persistence import EVERYTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.oracle import Arrival, arrivals
from attribution_tests.processor.against_oracle import YEAR, Outputs, outputs_of, records_of, written_by
from attribution_tests.processor.test_steps import START, arrival, by_key, click, opened

MOST: Final = 3
ORDERS: Final = 20
OF_ONE_ORDER: Final = 2
"""A decision and a posting: a unit of work may exceed the limit by this much."""
HOUR: Final = 3_600_000
EVER: Final = START - 100 * HOUR


class Worked(NamedTuple):
    outputs: Outputs
    pauses: int
    """How often a sweep paused for a commit."""
    fullest: int
    """The most records in a unit of work in which a sweep paused or ended."""


def work(history: list[Arrival], store: Store, *, crashing: bool = False) -> Worked:
    """Work like a task: resume a sweep before other records. A crash reopens the processor."""
    processor, outputs, pauses, fullest = open_limited(store), Outputs(), 0, 0
    records = records_of(history)
    while records or processor.is_sweeping:
        if processor.is_sweeping:
            pauses += 1
            processor.sweep()
        else:
            records = records[processor.process(records[:1]) :]
        fullest = max(fullest, sum(map(len, processor.unit.outputs.values())))
        commit(processor, store, outputs)
        if crashing:
            processor = open_limited(store)
    return Worked(outputs, pauses, fullest)


def open_limited(store: Store) -> Processor:
    return Processor(store, DEFAULT_POLICY, Limits(50, YEAR, MOST), EVERYTHING)


def commit(processor: Processor, store: Store, outputs: Outputs) -> None:
    processor.flush()
    for topic, values in written_by(processor).items():
        outputs.setdefault(topic, []).extend(values)
    processor.unit.write_batch.write_to(store)
    store.commit()
    processor.trim()
    processor.unit.clear()


def many_orders() -> list[Arrival]:
    """Return orders of buyers who all clicked one link that is still unknown."""
    found = []
    for number in range(ORDERS):
        at = START + number * 1_000
        found.append(click(f"c{number}", at, at, click_id=f"k{number}", buyer_id=f"b{number}"))
        found.append(paid(number, at + 30_000))
    return found


def paid(number: int, at: int) -> Arrival:
    return arrival(
        "orders",
        at,
        type="paid",
        event_id=f"p{number}",
        occurred_at=at,
        order_id=f"o{number}",
        buyer_id=f"b{number}",
        placed_at=at,
        merchant_id="m",
        product_id="x",
        quantity=1,
        currency="CNY",
        paid_amount=10_000,
        carrier="live",
    )


def terms(timestamp: int) -> list[Arrival]:
    """Return promoter, campaign and link of these orders: recorded now, in force long before."""
    known = {
        "promoters": {"promoter_id": "P", "kind": "individual", "enrolled_from": EVER},
        "campaigns": {
            "campaign_id": "C",
            "kind": "standard",
            "rate_ppm": 100_000,
            "window_ms": 24 * HOUR,
            "splits": [],
            "remainder_to": "promoter",
        },
        "links": {
            "link_id": "L",
            "promoter_id": "P",
            "campaign_id": "C",
            "target": "any",
            "valid_from": EVER,
        },
    }
    return [arrival(topic, timestamp, effective_from=EVER, **fields) for topic, fields in known.items()]


@pytest.mark.parametrize("crashing", [False, True])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_late_version_is_swept_in_parts(kind: str, *, crashing: bool, tmp_path: Path) -> None:
    history = [*many_orders(), *terms(START + HOUR // 12)]
    with opened(kind, tmp_path) as store:
        worked = work(history, store, crashing=crashing)
    assert by_key(worked.outputs) == by_key(outputs_of(history))
    assert len(worked.outputs["decisions"]) == 2 * ORDERS
    assert worked.pauses >= ORDERS // MOST
    assert worked.fullest < MOST + OF_ONE_ORDER


@pytest.mark.parametrize("crashing", [False, True])
def test_a_version_after_the_lock_is_recorded_once_per_order(*, crashing: bool, tmp_path: Path) -> None:
    """The state does not show that a late_touch was written. Only the sweep knows its progress."""
    history = [*many_orders(), *terms(START + 60 * 24 * HOUR)]
    with opened("sqlite", tmp_path) as store:
        worked = work(history, store, crashing=crashing)
    ids = [msgspec.json.decode(value)["decision_id"] for value in worked.outputs["decisions"]]
    assert len(ids) == len(set(ids)) == 2 * ORDERS
    assert by_key(worked.outputs) == by_key(outputs_of(history))
    assert worked.pauses >= ORDERS // MOST - 1


@pytest.mark.parametrize("crashing", [False, True])
def test_a_tick_settles_many_orders_in_parts(*, crashing: bool, tmp_path: Path) -> None:
    received = [
        arrival(
            "orders",
            START + 2 * HOUR + number,
            type="received",
            event_id=f"r{number}",
            occurred_at=START + 2 * HOUR + number,
            order_id=f"o{number}",
            buyer_id=f"b{number}",
        )
        for number in range(ORDERS)
    ]
    at = START + 90 * 24 * HOUR
    history = [
        *terms(START - 1),
        *many_orders(),
        *received,
        arrival("ticks", at, event_id="t", occurred_at=at),
    ]
    with opened("sqlite", tmp_path) as store:
        worked = work(history, store, crashing=crashing)
    kinds = [msgspec.json.decode(value)["kind"] for value in worked.outputs["commissions"]]
    assert kinds.count("settled") == ORDERS
    assert by_key(worked.outputs) == by_key(outputs_of(history))
    assert worked.pauses >= ORDERS // MOST - 1


@pytest.mark.parametrize("seed", range(6))
def test_any_history_gives_the_same_bytes_with_a_crash_in_every_sweep(seed: int, tmp_path: Path) -> None:
    history = arrivals(seed)
    with opened("sqlite", tmp_path) as store:
        worked = work(history, store, crashing=True)
    assert by_key(worked.outputs) == by_key(outputs_of(history))
