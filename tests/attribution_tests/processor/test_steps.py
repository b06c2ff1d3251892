"""Any units of work, any store and any crash give the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.sqlite import SqliteStore
from attribution.engine.stores.store import Store
from attribution_tests.oracle import Arrival, arrivals
from attribution_tests.processor.against_oracle import (
    Outputs,
    check_chains,
    open_processor,
    outputs_of,
    records_of,
    written_by,
)

DAY: Final = 86_400_000
START: Final = 1_700_000_000_000
EVER: Final = START - 300 * DAY
SEEDS: Final = (0, 1, 2, 3, 4, 5)
SIZES: Final = (1, 7, 1_000)


@contextmanager
def opened(kind: str, path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if kind == "memory" else SqliteStore(path / "state.sqlite", 100_000)
    try:
        yield store
    finally:
        store.close()


def in_steps(
    history: list[Arrival], store: Store, size: int, *, crashing: bool = False, cache_touches: int | None = 50
) -> Outputs:
    """Work like a host: process, flush, write, commit, trim, clear. A crash reopens from the store."""
    outputs: Outputs = {}
    processor = open_processor(store, cache_touches)
    records = records_of(history)
    for start in range(0, len(records), size):
        processor.process(records[start : start + size])
        processor.flush()
        for topic, values in written_by(processor).items():
            outputs.setdefault(topic, []).extend(values)
        processor.unit.write_batch.write_to(store)
        store.commit()
        processor.trim()
        processor.unit.clear()
        if crashing:
            processor = open_processor(store, cache_touches)
    return outputs


def by_key(outputs: Outputs) -> dict[tuple[str, str], list[bytes]]:
    """Return the values of each key in their order, as the contract promises it."""
    keys = {"decisions": "order_id", "commissions": "subject", "dead-letters": "topic"}
    found: dict[tuple[str, str], list[bytes]] = {}
    for topic, values in outputs.items():
        for value in values:
            found.setdefault((topic, msgspec.json.decode(value)[keys[topic]]), []).append(value)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_steps_of_any_size_give_each_key_the_same_bytes(
    seed: int, size: int, kind: str, tmp_path: Path
) -> None:
    """With a cache of 50 touches, nearly every buyer is read back from the store."""
    history = arrivals(seed)
    whole = outputs_of(history)
    with opened(kind, tmp_path) as store:
        cut = in_steps(history, store, size)
    assert by_key(cut) == by_key(whole)
    check_chains(cut)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_crash_after_each_step_gives_each_key_the_same_bytes(seed: int, kind: str, tmp_path: Path) -> None:
    history = arrivals(seed)
    with opened(kind, tmp_path) as store:
        cut = in_steps(history, store, 13, crashing=True)
    assert by_key(cut) == by_key(outputs_of(history))


@pytest.mark.parametrize("size", SIZES)
def test_without_a_limit_on_the_cache_nothing_depends_on_the_steps(size: int) -> None:
    for seed in SEEDS:
        history = arrivals(seed)
        assert in_steps(history, MemoryStore(), size, cache_touches=None) == outputs_of(history)


def test_uncommitted_records_are_processed_again_after_a_crash(tmp_path: Path) -> None:
    """The records of the lost step are read again, on the state before it."""
    history = arrivals(7)
    half = len(history) // 2
    with opened("sqlite", tmp_path) as store:
        before = in_steps(history[:half], store, 50)
        lost = open_processor(store, 50)
        lost.process(records_of(history)[half : half + 40])
        lost.flush()
        lost.unit.write_batch.write_to(store)
    with opened("sqlite", tmp_path) as store:
        processor = open_processor(store, 50)
        processor.process(records_of(history)[half:])
        after = written_by(processor)
    both = {topic: before.get(topic, []) + after.get(topic, []) for topic in before | after}
    assert by_key(both) == by_key(outputs_of(history))


def arrival(topic: str, timestamp: int, **value: Any) -> Arrival:
    return Arrival(topic, timestamp, msgspec.json.encode(value))


def click(event_id: str, occurred_at: int, timestamp: int, **fields: Any) -> Arrival:
    known = {
        "event_id": event_id,
        "occurred_at": occurred_at,
        "click_id": "k",
        "link_id": "L",
        "surface": "live",
    }
    return arrival("clicks", timestamp, **(known | fields))


def paid(order_id: str, placed_at: int) -> Arrival:
    facts = {"merchant_id": "M", "product_id": "X", "quantity": 1, "currency": "CNY", "paid_amount": 1_000}
    known = {"event_id": f"paid-{order_id}", "occurred_at": placed_at, "order_id": order_id, "buyer_id": "B"}
    more = {"type": "paid", "placed_at": placed_at, "carrier": "live"}
    return arrival("orders", placed_at, **known, **facts, **more)


WORLD: Final = [
    arrival("links", START, effective_from=EVER, link_id="L", promoter_id="P", target="any", valid_from=EVER),
    arrival("promoters", START, effective_from=EVER, promoter_id="P", kind="site", enrolled_from=EVER),
]


def test_orders_that_one_click_changes_are_written_in_one_order() -> None:
    """The contract promises no order across keys, but the bytes of an output file depend on it."""
    touch = click("c", START + 1, START + 5, buyer_id="B")
    history = [*WORLD, paid("zz", START + 2), paid("a", START + 3), touch]
    assert in_steps(history, MemoryStore(), 1, cache_touches=1) == outputs_of(history)


def test_a_longer_horizon_reaches_back_equally_far_for_any_steps() -> None:
    """A tick moves time by 60 days and loads no buyer. Then a policy reaches back 90 days."""
    later = START + 60 * DAY
    policy = {
        "effective_from": EVER,
        "policy_id": "default",
        "model": "last_touch",
        "min_click_to_order_ms": 0,
    }
    policy |= {"default_window_ms": 90 * DAY, "max_window_ms": 90 * DAY, "late_lock_ms": 600_000}
    history = [
        *WORLD,
        click("c", START, START, buyer_id="B"),
        arrival("ticks", later, event_id="t", occurred_at=later),
        arrival("policies", later + 1, **policy),
        paid("O", later + 2),
    ]
    assert in_steps(history, MemoryStore(), 1) == outputs_of(history)


def test_an_expired_anonymous_click_is_forgotten_cached_or_not() -> None:
    later = START + 90 * DAY
    history = [
        click("c", START, START),
        click("x", later, later, click_id="another", buyer_id="B"),
        click("c", START, later + 1, link_id="M"),
    ]
    crashing = in_steps(history, MemoryStore(), 1, crashing=True)
    assert crashing == in_steps(history, MemoryStore(), 1)
