"""The horizon of touches, the age limit of orders, the limit on candidates (contract, section 3)."""

from typing import Any, Final

import msgspec
import pytest

from attribution.engine.stores.memory import MemoryStore
from attribution.processor.processor import Processor
from attribution_tests.oracle import Arrival
from attribution_tests.processor.against_oracle import (
    Outputs,
    decoded,
    open_processor,
    records_of,
    sums,
    written_by,
)

MINUTE: Final = 60_000
DAY: Final = 86_400_000
TOUCH: Final = 1_700_000_000_000
EVER: Final = TOUCH - 300 * DAY
WINDOW: Final = 30 * DAY
DELAY: Final = 7 * DAY
HORIZON: Final = WINDOW + DELAY + 10 * MINUTE
"""Of the packaged policy: longest window, longest delay of a paid event, wait for late evidence."""
PLACED: Final = TOUCH + WINDOW
PAID: Final = PLACED + DELAY
"""The latest allowed record timestamp of the paid event. The lock of the order is not earlier."""
ORDER_AGE: Final = 100 * DAY


def arrival(topic: str, timestamp: int, **value: Any) -> Arrival:
    return Arrival(topic, timestamp, msgspec.json.encode(value))


def reference(topic: str, **value: Any) -> Arrival:
    return arrival(topic, EVER, effective_from=EVER, **value)


WORLD: Final = [
    reference("links", link_id="L", promoter_id="P", target="any", valid_from=EVER, campaign_id="C"),
    reference("promoters", promoter_id="P", kind="site", enrolled_from=EVER),
    reference("campaigns", campaign_id="C", kind="standard", rate_ppm=100_000, window_ms=WINDOW, splits=[], remainder_to="promoter"),
]  # fmt: skip


def click(event_id: str, occurred_at: int, timestamp: int | None = None, **fields: Any) -> Arrival:
    known = {"event_id": event_id, "occurred_at": occurred_at, "click_id": f"k-{event_id}", "surface": "live"}
    recorded = occurred_at if timestamp is None else timestamp
    return arrival("clicks", recorded, **(known | {"link_id": "L", "buyer_id": "B"} | fields))


def entry(event_id: str, occurred_at: int, timestamp: int, **fields: Any) -> Arrival:
    known = {"event_id": event_id, "occurred_at": occurred_at, "buyer_id": "B", "room_id": "R"}
    return arrival("room-entries", timestamp, **(known | fields))


def change(kind: str, timestamp: int, **fields: Any) -> Arrival:
    known = {"event_id": kind, "occurred_at": timestamp, "order_id": "O", "buyer_id": "B", "type": kind}
    return arrival("orders", timestamp, **(known | fields))


def paid(placed_at: int = PLACED, timestamp: int = PAID) -> Arrival:
    facts = {"placed_at": placed_at, "merchant_id": "M", "product_id": "X", "quantity": 1, "currency": "CNY"}
    return change("paid", timestamp, occurred_at=placed_at, **facts, paid_amount=1_000, carrier="live")


def tick(time: int) -> Arrival:
    return arrival("ticks", time, event_id=f"tick-{time}", occurred_at=time)


def run(*history: Arrival) -> Processor:
    processor = open_processor(MemoryStore())
    processor.process(records_of([*WORLD, *history]))
    return processor


def verdicts(outputs: Outputs) -> list[dict[str, str]]:
    """Return the verdict on each candidate, one dict per decision."""
    return [
        {one["touch_id"]: one["verdict"] for one in decision["candidates"]}
        for decision in decoded(outputs, "decisions")
    ]


LATE: Final = [
    pytest.param([click("t", TOUCH, PAID)], id="click"),
    pytest.param([entry("t", TOUCH, PAID, link_id="L")], id="room entry"),
    pytest.param(
        [entry("e", TOUCH, PAID, click_id="k-t"), click("t", TOUCH, PAID, buyer_id=None)],
        id="anonymous click",
    ),
]


@pytest.mark.parametrize("late", LATE)
def test_a_touch_exactly_at_the_horizon_counts(late: list[Arrival]) -> None:
    processor = run(paid(), tick(TOUCH + HORIZON), *late)
    assert verdicts(written_by(processor)) == [{}, {"t": "CREDITED"}]
    assert processor.unit.counts["expired", ""] == 0


@pytest.mark.parametrize("late", LATE)
def test_a_touch_a_millisecond_older_expires_and_changes_nothing(late: list[Arrival]) -> None:
    processor = run(paid(), tick(TOUCH + HORIZON + 1), *late)
    assert verdicts(written_by(processor)) == [{}]
    assert processor.unit.counts["expired", ""] > 0


def test_a_clash_with_an_expired_click_is_expired_too() -> None:
    processor = run(click("t", TOUCH), tick(TOUCH + HORIZON + 1), click("t", TOUCH, TOUCH + 1, link_id="M"))
    assert decoded(written_by(processor), "dead-letters") == []
    assert processor.unit.counts["expired", ""] == 1


def test_the_horizon_follows_record_timestamps_not_event_times() -> None:
    """An old tick that is recorded now moves the horizon. A refused record does not."""
    refused = arrival("ticks", TOUCH + 2 * HORIZON, event_id=1, occurred_at=TOUCH)
    recorded_now = arrival("ticks", TOUCH + HORIZON + 1, event_id="t", occurred_at=TOUCH)
    assert verdicts(written_by(run(paid(), refused, click("t", TOUCH, PAID)))) == [{}, {"t": "CREDITED"}]
    assert verdicts(written_by(run(paid(), recorded_now, click("t", TOUCH, PAID)))) == [{}]


def test_reference_records_do_not_move_the_horizon() -> None:
    published = arrival(
        "rooms", TOUCH + 9 * HORIZON, effective_from=TOUCH, room_id="R", creator_id="K", started_at=TOUCH
    )
    assert verdicts(written_by(run(paid(), published, click("t", TOUCH, PAID)))) == [{}, {"t": "CREDITED"}]


def rows(store: MemoryStore, table: str) -> int:
    return len(list(store.scan(table, b"", b"\xff" * 300)))


class Stepwise:
    """A processor whose state is written to a store after each record."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.outputs: Outputs = {}
        self._processor = open_processor(self.store, cache_touches=0, order_age_ms=ORDER_AGE)
        self.apply(*WORLD)

    def apply(self, *history: Arrival) -> None:
        for record in records_of(history):
            self._processor.process([record])
            self._processor.flush()
            for topic, values in written_by(self._processor).items():
                self.outputs.setdefault(topic, []).extend(values)
            self._processor.unit.write_batch.write_to(self.store)
            self._processor.trim()
            self._processor.unit.clear()

    def kept(self) -> dict[str, int]:
        return {table: rows(self.store, table) for table in ("moments", "orders", "threads")}


ENDED: Final = PLACED + DAY
"""The record timestamp of an order's last event."""
ENDS: Final = [
    pytest.param([change("settled", ENDED)], id="settled"),
    pytest.param([change("closed", ENDED)], id="closed"),
    pytest.param([change("received", ENDED)], id="received, and settled by ticks"),
]


@pytest.mark.parametrize("end", ENDS)
def test_an_old_finished_order_leaves_the_state(end: list[Arrival]) -> None:
    state = Stepwise()
    state.apply(click("t", PLACED - DAY), paid(timestamp=PLACED), *end)
    for day in range(100):
        state.apply(tick(PLACED + day * DAY))
    state.apply(tick(ENDED + ORDER_AGE - 1))
    assert state.kept()["orders"] == 1
    state.apply(tick(ENDED + ORDER_AGE))
    assert state.kept()["orders"] == 0


def test_an_unfinished_order_stays() -> None:
    state = Stepwise()
    state.apply(click("t", PLACED - DAY), paid(timestamp=PLACED))
    for day in range(400):
        state.apply(tick(PLACED + day * DAY))
    assert state.kept() == {"moments": 0, "orders": 1, "threads": 0}
    state.apply(change("settled", PLACED + 400 * DAY))
    assert sums(state.outputs) == {("O", "merchant:M", "settled"): -100, ("O", "promoter:P", "settled"): 100}
    for day in range(400, 501):
        state.apply(tick(PLACED + day * DAY))
    assert state.kept()["orders"] == 0


def test_an_unpaid_order_leaves_the_state_too() -> None:
    state = Stepwise()
    state.apply(change("received", PLACED), tick(PLACED + ORDER_AGE - 1))
    assert state.kept()["orders"] == 1
    state.apply(tick(PLACED + ORDER_AGE))
    assert state.kept()["orders"] == 0


def test_an_event_keeps_a_finished_order_longer() -> None:
    state = Stepwise()
    refund = {"refund_id": "r", "refund_amount": 500}
    state.apply(click("t", PLACED - DAY), paid(timestamp=PLACED), change("settled", ENDED))
    state.apply(
        tick(ENDED + 50 * DAY), change("refunded", ENDED + 50 * DAY, **refund), tick(ENDED + ORDER_AGE)
    )
    assert state.kept()["orders"] == 1
    assert sums(state.outputs) == {("O", "merchant:M", "settled"): -50, ("O", "promoter:P", "settled"): 50}
    state.apply(tick(ENDED + 50 * DAY + ORDER_AGE))
    assert state.kept()["orders"] == 0


def test_interactions_older_than_the_horizon_leave_the_state() -> None:
    """By whole segments of a week, plus one."""
    state = Stepwise()
    state.apply(click("t", TOUCH), entry("e", TOUCH, TOUCH, click_id="k-a"), click("a", TOUCH, buyer_id=None))
    assert state.kept() == {"moments": 3, "orders": 0, "threads": 1}
    state.apply(tick(TOUCH + HORIZON))
    assert state.kept() == {"moments": 3, "orders": 0, "threads": 1}
    state.apply(tick(TOUCH + HORIZON + 21 * DAY))
    assert state.kept() == {"moments": 0, "orders": 0, "threads": 0}


@pytest.mark.parametrize(
    ("count", "first"), [(1_999, "c0000"), (2_000, "c0000"), (2_001, "c0001"), (2_100, "c0100")]
)
def test_the_latest_2000_touches_are_candidates(count: int, first: str) -> None:
    """first_touch credits the earliest candidate. Older touches are only counted."""
    policy = {"policy_id": "default", "model": "first_touch", "default_window_ms": WINDOW, "late_lock_ms": 1}
    published = reference("policies", **policy, min_click_to_order_ms=0)
    clicks = [click(f"c{number:04}", PLACED - DAY + number) for number in range(count)]
    processor = run(published, *clicks, paid(timestamp=PLACED))
    (decision,) = decoded(written_by(processor), "decisions")
    assert [credit["touch_id"] for credit in decision["credits"]] == [first]
    assert (len(decision["candidates"]), decision["candidates_total"]) == (201, count)
    assert processor.unit.counts["unconsidered_touches", ""] == max(0, count - 2_000)


def test_a_touch_before_the_latest_2000_makes_a_revision_of_the_total() -> None:
    clicks = [click(f"c{number:04}", PLACED - DAY + number) for number in range(2_000)]
    outputs = written_by(run(*clicks, paid(timestamp=PLACED), click("early", PLACED - 2 * DAY, PLACED + 1)))
    assert [one["candidates_total"] for one in decoded(outputs, "decisions")] == [2_000, 2_001]
    assert len({str(one["candidates"]) for one in decoded(outputs, "decisions")}) == 1
