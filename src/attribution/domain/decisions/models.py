"""The models: how the weight of an order is shared among the touches that no rule speaks against."""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Final

from attribution.domain.decisions.context import Candidate
from attribution.domain.records.fields import DAY_MS, MILLION
from attribution.domain.records.reference import Policy

Model = Callable[[Sequence[Candidate], Policy], list[int]]

_EXACT: Final = Context(prec=60)


def last_touch(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give everything to the latest touch."""
    return [0] * (len(eligible) - 1) + [MILLION]


def first_touch(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give everything to the earliest touch."""
    return [MILLION] + [0] * (len(eligible) - 1)


def linear(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give every touch the same."""
    return _rest_to_latest([MILLION // len(eligible)] * len(eligible))


def position_based(eligible: Sequence[Candidate], _: Policy) -> list[int]:
    """Give 40 % to the first, 40 % to the last, 20 % to those between; of two touches each half."""
    between = len(eligible) - 2
    if between <= 0:
        return _rest_to_latest([MILLION // len(eligible)] * len(eligible))
    return _rest_to_latest([400_000, *[200_000 // between] * between, 400_000])


def time_decay(eligible: Sequence[Candidate], policy: Policy) -> list[int]:
    """Give each touch 2^(-age / half_life), age before the latest touch; half-life 7 days by default."""
    half_life = Decimal(policy.half_life_ms or 7 * DAY_MS)
    latest = eligible[-1].interaction.occurred_at
    ages = [Decimal(latest - touch.interaction.occurred_at) for touch in eligible]
    parts = [_EXACT.power(Decimal(2), -_EXACT.divide(age, half_life)) for age in ages]
    total = Decimal(0)
    for part in parts:
        total = _EXACT.add(total, part)
    return _rest_to_latest([int(_EXACT.divide(_EXACT.multiply(part, MILLION), total)) for part in parts])


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
    """Return the weight in ppm of each touch; the touches are in order, the weights add up to 1,000,000."""
    return MODELS[policy.model](eligible, policy) if eligible else []
