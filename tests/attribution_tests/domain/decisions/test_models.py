"""How an order's weight is shared (contract, section 3): always 1,000,000; the latest gets the rest."""

from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.decisions.decide import decide
from attribution.domain.decisions.evaluation import evaluate
from attribution.domain.decisions.models import weights
from attribution.domain.records.reference import Model
from attribution_tests.domain.little_world import DAY, TOUCH, campaign, click, context, link, policy

MILLION: Final = 1_000_000


def shared(model: str, ages: list[int], half_life_ms: int | None = None) -> list[int]:
    """Return the weights of touches of these ages in ms, in the order given."""
    of = context(*(click(f"c{place:03}", TOUCH - age) for place, age in enumerate(ages)))
    eligible = [evaluate(of, interaction) for interaction in of.history.timeline()]
    return weights(eligible, policy(model=model, half_life_ms=half_life_ms))


@pytest.mark.parametrize(
    ("model", "count", "expected"),
    [
        ("last_touch", 1, [1_000_000]),
        ("last_touch", 3, [0, 0, 1_000_000]),
        ("first_touch", 1, [1_000_000]),
        ("first_touch", 3, [1_000_000, 0, 0]),
        ("linear", 1, [1_000_000]),
        ("linear", 2, [500_000, 500_000]),
        ("linear", 3, [333_333, 333_333, 333_334]),
        ("linear", 7, [142_857] * 6 + [142_858]),
        ("position_based", 1, [1_000_000]),
        ("position_based", 2, [500_000, 500_000]),
        ("position_based", 3, [400_000, 200_000, 400_000]),
        ("position_based", 4, [400_000, 100_000, 100_000, 400_000]),
        ("position_based", 5, [400_000, 66_666, 66_666, 66_666, 400_002]),
    ],
)
def test_weights_by_position(model: str, count: int, expected: list[int]) -> None:
    assert shared(model, list(range(count - 1, -1, -1))) == expected


@pytest.mark.parametrize(
    ("ages", "half_life_ms", "expected"),
    [
        ([0], None, [1_000_000]),
        ([0, 0], None, [500_000, 500_000]),
        ([7 * DAY, 0], None, [333_333, 666_667]),
        ([14 * DAY, 7 * DAY, 0], None, [142_857, 285_714, 571_429]),
        ([DAY, 0], DAY, [333_333, 666_667]),
        ([1, 0], 1, [333_333, 666_667]),
        ([19, 0], 1, [1, 999_999]),
        ([20, 0], 1, [0, 1_000_000]),
        ([30 * DAY, 0], 1, [0, 1_000_000]),
        ([1, 1, 0], 1, [250_000, 250_000, 500_000]),
        ([197, 0, 0], 1, [0, 499_999, 500_001]),
        ([30 * DAY, 0, 0], 1, [0, 499_999, 500_001]),
        ([30 * DAY, 0], 10**15, [499_999, 500_001]),
        ([1, 0], 10**15, [499_999, 500_001]),
    ],
)
def test_weights_halve_with_each_half_life(
    ages: list[int], half_life_ms: int | None, expected: list[int]
) -> None:
    assert shared("time_decay", ages, half_life_ms) == expected


@given(st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=20), st.integers(1, 60 * DAY))
def test_decay_is_exact_to_the_ppm(ages: list[int], half_life_ms: int) -> None:
    """Compare with fractions: whole half-lives are exact, what is left of one has 400 digits."""
    ages = sorted(ages, reverse=True)
    parts = [part_of(age - ages[-1], half_life_ms) for age in ages]
    floored = [int(MILLION * part / sum(parts)) for part in parts]
    floored[-1] += MILLION - sum(floored)
    assert shared("time_decay", ages, half_life_ms) == floored


def part_of(age: int, half_life_ms: int) -> Fraction:
    """Return 2^(-age / half_life); a touch of 2,000 half-lives counts as one of just that age."""
    whole, rest = divmod(age, half_life_ms)
    wide = Context(prec=400)
    exponent = wide.divide(Decimal(-rest), Decimal(half_life_ms))
    of_rest = Fraction(wide.exp(wide.multiply(wide.ln(Decimal(2)), exponent)))
    return of_rest * Fraction(1, 2 ** min(whole, 2_000))


@given(
    st.sampled_from(get_args(Model)),
    st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=40),
    st.one_of(st.none(), st.integers(1, 10**15)),
)
def test_weights_always_add_up_to_a_million(model: str, ages: list[int], half_life_ms: int | None) -> None:
    shares = shared(model, sorted(ages, reverse=True), half_life_ms)
    assert len(shares) == len(ages)
    assert sum(shares) == MILLION
    assert min(shares) >= 0


def test_no_touches_have_no_weights() -> None:
    assert [shared(model, []) for model in get_args(Model)] == [[]] * 5


def test_only_eligible_touches_share_the_weight() -> None:
    changed = [link(), link(link_id="ended", valid_to=TOUCH - 1)]
    touches = [click("a"), click("b", link_id="ended"), click("c")]
    body = decide(context(*touches, changed=changed, rules=policy(model="linear"))).body
    assert [(one.touch_id, one.weight_ppm) for one in body.credits] == [("a", 500_000), ("c", 500_000)]
    assert [one.verdict for one in body.candidates] == ["CREDITED", "LINK_NOT_VALID", "CREDITED"]


def test_a_touch_whose_weight_floors_to_zero_is_outranked() -> None:
    rules = policy(model="time_decay", half_life_ms=1)
    body = decide(
        context(click("a", TOUCH - 20), click("b", TOUCH), changed=[campaign(window_ms=DAY)], rules=rules)
    ).body
    assert [one.verdict for one in body.candidates] == ["OUTRANKED", "CREDITED"]
    assert [(one.touch_id, one.weight_ppm) for one in body.credits] == [("b", MILLION)]
