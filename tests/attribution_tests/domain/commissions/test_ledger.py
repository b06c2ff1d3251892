"""What is due for an order in its life (contract, section 4): who pays, whose rate, which bucket, what refunds leave."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.commissions.ledger import Due, due_for
from attribution.domain.commissions.terms import origin_of, terms_of
from attribution.domain.decisions.context import Case
from attribution.domain.decisions.decide import decide
from attribution.domain.orders.lifecycle import life_of
from attribution.domain.orders.published import Standing
from attribution.domain.records.events import OrderChargeback, OrderEvent
from attribution_tests.domain.little_world import (
    HOUR,
    PLACED,
    TOUCH,
    campaign,
    case,
    click,
    closed,
    fact,
    link,
    order,
    paid,
    policy,
    received,
    refunded,
    settled,
)


def standing(of: Case) -> Standing:
    derived = decide(of)
    return Standing(
        revision=1,
        digest=b"",
        lock=of.lock,
        placed_at=of.paid.placed_at,
        considers_from=of.considers_from,
        credits=derived.body.credits,
        terms=[terms_of(of, one) for one in derived.credits],
        origin=origin_of(of, derived.credits),
        least_payable=of.policy.least_payable,
        settle_after_ms=of.policy.settle_after_ms,
    )


def due(of: Case, *events: OrderEvent, now: int = 0) -> Due:
    """What is due for an order after these events."""
    decided = standing(of)
    lived = order(*(fact(event) for event in (of.paid, *events)))
    lived.standing = decided
    return due_for(of.paid, decided, life_of(lived, of.paid, now))


@pytest.mark.parametrize(
    ("paid_amount", "min_payable", "sums", "note"),
    [
        (10, None, {("merchant:M", "pending"): -1, ("promoter:P", "pending"): 1}, None),
        (9, None, {}, "DUST"),
        (10, 1, {("merchant:M", "pending"): -1, ("promoter:P", "pending"): 1}, None),
        (500, 50, {("merchant:M", "pending"): -50, ("promoter:P", "pending"): 50}, None),
        (499, 50, {}, "DUST"),
        (0, None, {}, None),
    ],
)
def test_below_the_minimum_payable_is_dust(
    paid_amount: int, min_payable: int | None, sums: dict[tuple[str, str], int], note: str | None
) -> None:
    of = case(click(), ordered=paid(paid_amount=paid_amount), rules=policy(min_payable=min_payable))
    assert due(of) == (sums, note)


@pytest.mark.parametrize(
    ("min_order_amount", "exhausted", "note"),
    [
        (10_000, None, None),
        (10_001, None, "BELOW_MIN_ORDER"),
        (0, False, None),
        (None, True, "CAP_REACHED"),
    ],
)
def test_a_campaign_that_pays_nothing_for_an_order(
    min_order_amount: int | None, exhausted: bool | None, note: str | None
) -> None:
    of = case(click(), changed=[campaign(min_order_amount=min_order_amount, exhausted=exhausted)])
    assert due(of).note == note
    assert bool(due(of).sums) == (note is None)


@pytest.mark.parametrize("campaign_id", [None, "unknown"])
def test_a_link_without_a_campaign_in_force_is_decided_but_pays_nothing(campaign_id: str | None) -> None:
    assert due(case(click(), changed=[link(campaign_id=campaign_id)])) == ({}, "NO_CAMPAIGN")


@pytest.mark.parametrize(
    ("protected", "rate_then", "rate_now", "commission"),
    [
        (True, 200_000, 100_000, 2_000),
        (True, 100_000, 200_000, 2_000),
        (False, 200_000, 100_000, 1_000),
        (None, 200_000, 100_000, 1_000),
    ],
)
def test_rate_protection_pays_the_higher_of_the_rates_at_touch_and_order(
    protected: bool | None, rate_then: int, rate_now: int, commission: int
) -> None:
    """It is the version at placed_at that says whether rates are protected."""
    then = campaign(rate_ppm=rate_then)
    now = campaign(rate_ppm=rate_now, rate_protection=protected, effective_from=TOUCH + 1)
    assert due(case(click(), changed=[then, now])).sums["promoter:P", "pending"] == commission


def test_rate_protection_of_a_campaign_that_began_after_the_touch() -> None:
    of = case(click(), changed=[campaign(rate_protection=True, effective_from=TOUCH + 1)])
    assert due(of).sums["promoter:P", "pending"] == 1_000


def test_a_credit_without_a_campaign_leaves_the_others_what_is_theirs() -> None:
    """119 fen at 10 %, half of it: 5 fen, and no rest for the one without a rate."""
    changed = [link(), link(link_id="plain", campaign_id=None)]
    touches = [click("a"), click("b", link_id="plain")]
    of = case(*touches, changed=changed, rules=policy(model="linear"), ordered=paid(paid_amount=119))
    sums = {key: amount for key, amount in due(of).sums.items() if amount}
    assert sums == {("merchant:M", "pending"): -5, ("promoter:P", "pending"): 5}


@pytest.mark.parametrize(
    ("events", "now", "bucket"),
    [
        ([], PLACED, "pending"),
        ([received()], PLACED, "confirmed"),
        ([received()], PLACED + HOUR - 1, "confirmed"),
        ([received()], PLACED + HOUR, "settled"),
        ([settled()], PLACED, "settled"),
        ([received(), settled()], PLACED, "settled"),
        ([received(occurred_at=PLACED + 5), received(event_id="r2")], PLACED + HOUR, "settled"),
        ([received(currency="USD")], PLACED + HOUR, "pending"),
        ([settled(currency="USD")], PLACED, "pending"),
        ([settled(currency="CNY")], PLACED, "settled"),
    ],
)
def test_the_bucket_follows_the_orders_life(events: list[OrderEvent], now: int, bucket: str) -> None:
    sums = due(case(click(), rules=policy(settle_after_ms=HOUR)), *events, now=now).sums
    assert {of for _, of in sums} == {bucket}


def test_without_settle_after_only_the_event_settles() -> None:
    assert ("promoter:P", "confirmed") in due(case(click()), received(), now=PLACED + 10**12).sums


@pytest.mark.parametrize(
    ("told", "total"),
    [
        ([(refunded("r1", 100), 5)], 100),
        ([(refunded("r1", 100), 5), (refunded("r2", 100), 5)], 200),
        ([(refunded("r1", 100), 5), (refunded("r1", 200, event_id="x"), 4)], 200),
        ([(refunded("r1", 100), 5), (refunded("r1", 200, event_id="x"), 6)], 100),
        ([(refunded("r1", 100), 5), (refunded("r1", 200, event_id="x", occurred_at=PLACED - 1), 5)], 200),
        ([(refunded("r1", 100), 5), (refunded("r1", 200, event_id="a"), 5)], 200),
        ([(refunded("r1", 100, currency="USD"), 5)], 0),
        ([(refunded("r1", 100, currency="CNY"), 5)], 100),
    ],
)
def test_one_refund_counts_once_a_refund_id_the_first_recorded(
    told: list[tuple[OrderEvent, int]], total: int
) -> None:
    lived = order(fact(paid()), *(fact(event, timestamp) for event, timestamp in told))
    assert life_of(lived, paid(), 0).refunded == total


def test_a_chargeback_counts_like_a_refund() -> None:
    known: dict[str, Any] = {"event_id": "b", "occurred_at": PLACED, "order_id": "O", "buyer_id": "B"}
    back = OrderChargeback(**known, refund_id="b1", refund_amount=2_500)
    assert due(case(click()), back).sums["promoter:P", "pending"] == 750
    assert due(case(click()), back, refunded("b1", 9_999)).sums["promoter:P", "pending"] == 750


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.lists(st.integers(0, 10**8), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_refunds_in_parts_end_at_the_same_fen_as_one(
    paid_amount: int, commissionable: int, parts: list[int], chance: Any
) -> None:
    """In any order, and told twice."""
    event = paid(paid_amount=paid_amount, commissionable_amount=commissionable)
    told = [refunded(f"r{number}", part) for number, part in enumerate(parts)] * 2
    chance.shuffle(told)
    of = case(click("a"), click("b", TOUCH + 1), ordered=event, rules=policy(model="linear"))
    assert due(of, *told) == due(of, refunded("whole", sum(parts)))


def test_after_a_full_refund_nothing_is_due_and_no_reason_is_given() -> None:
    assert due(case(click()), refunded("all", 10_000)) == ({}, None)
    assert due(case(click()), closed()) == ({}, None)


@pytest.mark.parametrize(
    ("link_pid", "order_pid", "pid"),
    [("l", "o", "l"), (None, "o", "o"), ("l", None, "l"), (None, None, None)],
)
def test_a_posting_carries_the_pid_of_the_latest_credited_link_else_the_orders(
    link_pid: str | None, order_pid: str | None, pid: str | None
) -> None:
    changed = [link(pid=link_pid), link(link_id="first", pid="not this")]
    touches = [
        click("a", TOUCH - 1, link_id="first", channel="x"),
        click("b", channel="y", external_info="z"),
    ]
    of = case(*touches, changed=changed, ordered=paid(pid=order_pid), rules=policy(model="linear"))
    assert standing(of).origin == type(standing(of).origin)(pid, "y", "z")
