"""The models: how the weight of an order is shared among its eligible touches."""

from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Final

from attribution.domain.decisions.context import Candidate
from attribution.domain.records.fields import DAY_MS, MILLION
from attribution.domain.records.reference import Policy

Model = Callable[[Sequence[Candidate], Policy], list[int]]

# A touch of many half-lives adds less to the total than 60 digits hold. Rounded up it still counts, so that a weight
# just below a whole ppm is not taken for that ppm.
_UP: Final = Context(prec=60, rounding=ROUND_CEILING, Emin=MIN_EMIN, Emax=MAX_EMAX)
_DOWN: Final = Context(prec=60, rounding=ROUND_FLOOR, Emin=MIN_EMIN, Emax=MAX_EMAX)


def last_touch(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give everything to the latest touch."""
    return [0] * (len(eligible) - 1) + [MILLION]


def first_touch(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give everything to the earliest touch."""
    return [MILLION] + [0] * (len(eligible) - 1)


def linear(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give every touch the same weight."""
    return _rest_to_latest([MILLION // len(eligible)] * len(eligible))


def position_based(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give 40 % to the first, 40 % to the last, 20 % to those between; two touches get half each."""
    between = len(eligible) - 2
    if between <= 0:
        return _rest_to_latest([MILLION // len(eligible)] * len(eligible))
    return _rest_to_latest([400_000, *[200_000 // between] * between, 400_000])


def time_decay(eligible: Sequence[Candidate], policy: Policy) -> list[int]:
    """Give each touch a share of 2^(-age / half_life).

    The age counts back from the latest touch. The half-life is 7 days by default.
    """
    half_life = Decimal(policy.half_life_ms or 7 * DAY_MS)
    latest = eligible[-1].interaction.occurred_at
    ages = [Decimal(touch.interaction.occurred_at - latest) for touch in eligible]
    parts = [_DOWN.power(Decimal(2), _UP.divide(age, half_life)) for age in ages]
    total = Decimal(0)
    for part in parts:
        total = _UP.add(total, part)
    return _rest_to_latest([int(_DOWN.divide(_DOWN.multiply(part, MILLION), total)) for part in parts])


def _rest_to_latest(floored: list[int]) -> list[int]:
    floored[-1] += MILLION - sum(floored)
    return floored


MODELS: Final[dict[str, Model]] = {
    "last_touch": last_touch,
    "first_touch": first_touch,
    "linear": linear,
    "position_based": position_based,
    "time_decay": time_decay,
}


SINGLE_TOUCH: Final = ("last_touch", "first_touch")
"""The models that give everything to one touch."""


def weights(eligible: Sequence[Candidate], policy: Policy) -> list[int]:
    """Return the weight of each touch in ppm. The touches are in order; the weights add up to 1,000,000."""
    return MODELS[policy.model](eligible, policy) if eligible else []
