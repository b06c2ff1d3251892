"""Expected balances of an order (contract, section 4): who pays, which rate, which bucket, effect of refunds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from attribution.domain.commissions.commission import Basis, expected_commission
from attribution.domain.commissions.state import Balances, Origin
from attribution.domain.commissions.terms import order_terms
from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.decide import decide
from attribution.domain.orders.lifecycle import lifecycle_of
from attribution.domain.records.events import OrderChargeback, OrderEvent
from attribution_tests.domain.little_world import (
    HOUR,
    PLACED,
    TOUCH,
    campaign,
    click,
    closed,
    context,
    fact,
    link,
    order,
    paid,
    policy,
    received,
    refunded,
    settled,
)


def balances(of: OrderContext, *events: OrderEvent, now: int = 0) -> Balances:
    """Return the expected balances of an order's commission after these events."""
    terms = order_terms(decide(of))
    facts = order(*(fact(event) for event in (of.paid, *events)))
    lifecycle = lifecycle_of(facts, of.paid, terms.settle_after_ms, now)
    return expected_commission(Basis(of.paid, terms, lifecycle))


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
    of = context(click(), ordered=paid(paid_amount=paid_amount), rules=policy(min_payable=min_payable))
    assert astuple(balances(of)) == (sums, note)


@pytest.mark.parametrize(
    ("min_order_amount", "exhausted", "note"),
    [
        (10_000, None, None),
        (10_001, None, "BELOW_MIN_ORDER"),
        (0, False, None),
        (None, True, "CAP_REACHED"),
    ],
)
def test_a_minimum_or_exhaustion_decides_whether_a_campaign_pays(
    min_order_amount: int | None, exhausted: bool | None, note: str | None
) -> None:
    of = context(click(), changed=[campaign(min_order_amount=min_order_amount, exhausted=exhausted)])
    assert balances(of).note == note
    assert bool(balances(of).sums) == (note is None)


@pytest.mark.parametrize("campaign_id", [None, "unknown"])
def test_a_link_without_a_campaign_in_force_is_decided_but_pays_nothing(campaign_id: str | None) -> None:
    assert balances(context(click(), changed=[link(campaign_id=campaign_id)])) == Balances({}, "NO_CAMPAIGN")


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
    """The campaign version at placed_at decides whether rates are protected."""
    then = campaign(rate_ppm=rate_then)
    now = campaign(rate_ppm=rate_now, rate_protection=protected, effective_from=TOUCH + 1)
    assert balances(context(click(), changed=[then, now])).sums["promoter:P", "pending"] == commission


def test_rate_protection_of_a_campaign_that_began_after_the_touch() -> None:
    of = context(click(), changed=[campaign(rate_protection=True, effective_from=TOUCH + 1)])
    assert balances(of).sums["promoter:P", "pending"] == 1_000


def test_a_credit_without_a_campaign_does_not_change_the_others() -> None:
    """Half of 10 % of 119 fen is 5 fen. The credit without a rate gets no rest."""
    changed = [link(), link(link_id="plain", campaign_id=None)]
    touches = [click("a"), click("b", link_id="plain")]
    of = context(*touches, changed=changed, rules=policy(model="linear"), ordered=paid(paid_amount=119))
    sums = {key: amount for key, amount in balances(of).sums.items() if amount}
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
def test_the_bucket_follows_the_order_lifecycle(events: list[OrderEvent], now: int, bucket: str) -> None:
    sums = balances(context(click(), rules=policy(settle_after_ms=HOUR)), *events, now=now).sums
    assert {of for _, of in sums} == {bucket}


def test_without_settle_after_only_the_event_settles() -> None:
    assert ("promoter:P", "confirmed") in balances(context(click()), received(), now=PLACED + 10**12).sums


@pytest.mark.parametrize(
    ("recorded", "total"),
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
def test_each_refund_id_counts_once_with_its_first_record(
    recorded: list[tuple[OrderEvent, int]], total: int
) -> None:
    facts = order(fact(paid()), *(fact(event, timestamp) for event, timestamp in recorded))
    assert lifecycle_of(facts, paid(), None, 0).refunded == total


def test_a_chargeback_counts_like_a_refund() -> None:
    known: dict[str, Any] = {"event_id": "b", "occurred_at": PLACED, "order_id": "O", "buyer_id": "B"}
    back = OrderChargeback(**known, refund_id="b1", refund_amount=2_500)
    assert balances(context(click()), back).sums["promoter:P", "pending"] == 750
    assert balances(context(click()), back, refunded("b1", 9_999)).sums["promoter:P", "pending"] == 750


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.lists(st.integers(0, 10**8), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_refunds_in_parts_end_at_the_same_fen_as_one(
    paid_amount: int, commissionable: int, parts: list[int], chance: Any
) -> None:
    """In any order, with each refund twice."""
    event = paid(paid_amount=paid_amount, commissionable_amount=commissionable)
    refunds = [refunded(f"r{number}", part) for number, part in enumerate(parts)] * 2
    chance.shuffle(refunds)
    of = context(click("a"), click("b", TOUCH + 1), ordered=event, rules=policy(model="linear"))
    assert balances(of, *refunds) == balances(of, refunded("whole", sum(parts)))


def test_a_full_refund_or_a_close_leaves_no_balances_and_no_note() -> None:
    assert balances(context(click()), refunded("all", 10_000)) == Balances({})
    assert balances(context(click()), closed()) == Balances({})


@pytest.mark.parametrize(
    ("link_pid", "order_pid", "pid"),
    [("l", "o", "l"), (None, "o", "o"), ("l", None, "l"), (None, None, None)],
)
def test_a_posting_has_the_pid_of_the_latest_credited_link_else_order(
    link_pid: str | None, order_pid: str | None, pid: str | None
) -> None:
    changed = [link(pid=link_pid), link(link_id="first", pid="not this")]
    touches = [
        click("a", TOUCH - 1, link_id="first", channel="x"),
        click("b", channel="y", external_info="z"),
    ]
    of = context(*touches, changed=changed, ordered=paid(pid=order_pid), rules=policy(model="linear"))
    assert order_terms(decide(of)).origin == Origin(pid, "y", "z")
