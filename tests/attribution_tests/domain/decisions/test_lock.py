"""The record timestamp of the lock, and when an order comes too late (contract, sections 1 and 3)."""

import pytest

from attribution.domain.decisions.lock import is_too_late, lock_of
from attribution.domain.orders.order import Fact
from attribution_tests.domain.little_world import (
    DAY,
    EVER,
    HOUR,
    PLACED,
    Recorded,
    catalogue,
    closed,
    fact,
    order,
    paid,
    policy,
    settled,
)

LATE: int = PLACED + HOUR
"""The lock of an order under the default policy of these tests."""


def lock(*facts: Fact, policies: tuple[Recorded, ...] = ()) -> int:
    known = catalogue(*policies, default=policy(late_lock_ms=HOUR))
    of = order(*facts)
    chosen = of.paid()
    assert chosen is not None
    return lock_of(of, chosen, known)


@pytest.mark.parametrize(
    ("paid_at", "expected"),
    [(PLACED, LATE), (LATE - 1, LATE), (LATE, LATE), (LATE + 1, LATE + 1), (PLACED - 10, LATE)],
)
def test_the_lock_never_lies_before_the_record_of_the_paid_event(paid_at: int, expected: int) -> None:
    assert lock(fact(paid(), paid_at)) == expected


@pytest.mark.parametrize(
    ("settled_at", "expected"),
    [
        ([LATE - 1], LATE - 1),
        ([LATE + 1], LATE),
        ([LATE - 1, LATE - 2], LATE - 2),
        ([PLACED + 5], PLACED + 5),
        ([PLACED + 4], PLACED + 5),
        ([PLACED - HOUR], PLACED + 5),
    ],
)
def test_the_first_settled_event_locks_an_order_early(settled_at: list[int], expected: int) -> None:
    recorded = [fact(settled(event_id=f"s{at}"), at) for at in settled_at]
    assert lock(fact(paid(), PLACED + 5), *recorded) == expected


@pytest.mark.parametrize(("currency", "expected"), [(None, PLACED + 9), ("CNY", PLACED + 9), ("USD", LATE)])
def test_a_settled_event_in_another_currency_locks_nothing(currency: str | None, expected: int) -> None:
    assert lock(fact(paid(), PLACED), fact(settled(currency=currency), PLACED + 9)) == expected


def test_other_events_lock_nothing() -> None:
    assert lock(fact(paid(), PLACED), fact(closed(), PLACED + 1)) == LATE


@pytest.mark.parametrize(
    ("effective_from", "known_at", "expected"),
    [
        (PLACED, PLACED + 5, PLACED + 2 * HOUR),
        (PLACED + 1, PLACED + 5, LATE),
        (PLACED, PLACED + 6, LATE),
        (EVER + 1, EVER + 1, PLACED + 2 * HOUR),
    ],
)
def test_the_late_lock_is_that_of_the_policy_known_with_the_paid_event(
    effective_from: int, known_at: int, expected: int
) -> None:
    """A policy that is recorded later does not move the lock."""
    later = (policy(effective_from=effective_from, late_lock_ms=2 * HOUR), known_at)
    assert lock(fact(paid(), PLACED + 5), policies=(later,)) == expected


@pytest.mark.parametrize(
    ("recorded", "chosen"),
    [
        ([("a", 5, 0), ("b", 4, 0)], "b"),
        ([("a", 5, 1), ("b", 5, 0)], "b"),
        ([("b", 5, 0), ("a", 5, 0)], "a"),
        ([("a", 5, 0), ("a", 3, 0), ("b", 4, 0)], "a"),
    ],
)
def test_the_first_recorded_paid_event_counts(recorded: list[tuple[str, int, int]], chosen: str) -> None:
    """First by (record timestamp, occurred_at, event_id). A copy counts with its smallest timestamp."""
    facts = [
        fact(
            paid(event_id=name, occurred_at=PLACED + (0 if name == "a" and len(recorded) > 2 else later)),
            stamp,
        )
        for name, stamp, later in recorded
    ]
    counts = order(*facts).paid()
    assert counts is not None
    assert counts.event_id == chosen


@pytest.mark.parametrize(
    ("max_order_delay_ms", "recorded_at", "excess"),
    [
        (None, PLACED + 7 * DAY, None),
        (None, PLACED + 7 * DAY + 1, 1),
        (HOUR, PLACED + HOUR, None),
        (HOUR, PLACED + HOUR + 1, 1),
        (0, PLACED, None),
        (0, PLACED + 1, 1),
        (HOUR, PLACED - 1, None),
    ],
)
def test_a_paid_event_has_a_maximum_delay_after_the_order(
    max_order_delay_ms: int | None, recorded_at: int, excess: int | None
) -> None:
    known = catalogue(default=policy(max_order_delay_ms=max_order_delay_ms))
    assert is_too_late(paid(), recorded_at, known) == excess


@pytest.mark.parametrize(("effective_from", "excess"), [(PLACED, HOUR), (PLACED + 1, None)])
def test_the_maximum_delay_is_that_of_the_policy_at_placed_at(
    effective_from: int, excess: int | None
) -> None:
    known = catalogue(policy(effective_from=effective_from, max_order_delay_ms=0))
    assert is_too_late(paid(), PLACED + HOUR, known) == excess
