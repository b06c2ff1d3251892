"""Net amount, total and shares of several credits (contract, section 4): floored once, on any path."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.commissions.amounts import credit_amounts, net_amount
from attribution.domain.orders.lifecycle import OrderLifecycle
from attribution_tests.domain.little_world import paid

MILLION = 1_000_000


def lifecycle(refunded: int = 0, *, is_closed: bool = False) -> OrderLifecycle:
    return OrderLifecycle(refunded, is_closed, None, is_settled=False, settles_at=None)


@pytest.mark.parametrize(
    ("paid_amount", "commissionable", "back", "net"),
    [
        (10_000, None, 0, 10_000),
        (10_000, None, 1, 9_999),
        (10_000, None, 9_999, 1),
        (10_000, None, 10_000, 0),
        (10_000, None, 10_001, 0),
        (10_000, 8_000, 0, 8_000),
        (10_000, 8_000, 2_500, 6_000),
        (10_000, 12_000, 5_000, 6_000),
        (3, 10, 1, 6),
        (3, 10, 2, 3),
        (10_000, 0, 0, 0),
        (0, None, 0, 0),
        (0, 500, 0, 500),
        (0, 500, 100, 500),
        (10**15, 10**15, 1, 10**15 - 1),
    ],
)
def test_net_is_the_commissionable_part_of_the_amount_kept(
    paid_amount: int, commissionable: int | None, back: int, net: int
) -> None:
    event = paid(paid_amount=paid_amount, commissionable_amount=commissionable)
    assert net_amount(event, lifecycle(back)) == net


@pytest.mark.parametrize("paid_amount", [0, 10_000])
def test_a_closed_order_has_no_net_amount(paid_amount: int) -> None:
    event = paid(paid_amount=paid_amount, commissionable_amount=500)
    assert net_amount(event, lifecycle(is_closed=True)) == 0


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
def test_a_refund_never_raises_the_net_amount(paid_amount: int, parts: list[int]) -> None:
    event = paid(paid_amount=paid_amount)
    nets = [net_amount(event, lifecycle(back)) for back in accumulate(parts, initial=0)]
    assert nets == sorted(nets, reverse=True)
    assert nets[-1] == max(0, paid_amount - sum(parts))


@pytest.mark.parametrize(
    ("net", "credits_", "amounts"),
    [
        (10_000, [(1_000_000, 100_000)], [1_000]),
        (9, [(1_000_000, 100_000)], [0]),
        (101, [(500_000, 100_000)] * 2, [5, 5]),
        (119, [(500_000, 100_000)] * 2, [5, 6]),
        (100, [(333_333, 100_000)] * 2 + [(333_334, 100_000)], [3, 3, 4]),
        (10_000, [(500_000, 100_000), (500_000, 200_000)], [500, 1_000]),
        (119, [(500_000, 100_000), (500_000, 0)], [5, 0]),
        (29, [(333_333, 100_000), (333_333, 100_000), (333_334, 0)], [0, 1, 0]),
        (10_000, [(500_000, 0)] * 2, [0, 0]),
        (10_000, [], []),
        (10**15, [(1_000_000, 1_000_000)], [10**15]),
    ],
)
def test_credits_share_the_total_and_the_latest_with_a_rate_gets_the_rest(
    net: int, credits_: list[tuple[int, int]], amounts: list[int]
) -> None:
    assert credit_amounts(net, credits_) == amounts


@given(
    st.integers(0, 10**15),
    st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, MILLION)), min_size=1, max_size=20),
)
def test_credits_add_up_to_the_total_whatever_their_weights(net: int, drawn: list[tuple[int, int]]) -> None:
    amounts = credit_amounts(net, drawn)
    assert sum(amounts) == net * sum(weight * rate for weight, rate in drawn) // 10**12
    floors = [net * weight * rate // 10**12 for weight, rate in drawn]
    assert all(amount >= floor for amount, floor in zip(amounts, floors, strict=True))
    assert sum(amount != floor for amount, floor in zip(amounts, floors, strict=True)) <= 1
