"""The attribution models (contract, section 3): how many ppm of an order each touch gets."""

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from attribution.domain.records.reference import Policy

from .touches import Touch

WHOLE: Final = 1_000_000
MOST_SHARED: Final = 200
WEEK_MS: Final = 7 * 86_400_000
PRECISE: Final = Context(prec=120)


def last_touch(touches: list[Touch], _: Policy) -> list[Fraction]:
    return [Fraction(touch is touches[-1]) for touch in touches]


def first_touch(touches: list[Touch], _: Policy) -> list[Fraction]:
    return [Fraction(touch is touches[0]) for touch in touches]


def linear(touches: list[Touch], _: Policy) -> list[Fraction]:
    return [Fraction(1)] * len(touches)


def position_based(touches: list[Touch], _: Policy) -> list[Fraction]:
    between = len(touches) - 2
    if between <= 0:
        return [Fraction(1)] * len(touches)
    return [Fraction(40), *[Fraction(20, between)] * between, Fraction(40)]


def time_decay(touches: list[Touch], policy: Policy) -> list[Fraction]:
    """Compute powers of two to 120 digits, twice as many as the program does, and add them without rounding."""
    half_life, latest = policy.half_life_ms or WEEK_MS, touches[-1].occurred_at
    ages = [PRECISE.divide(Decimal(latest - touch.occurred_at), Decimal(half_life)) for touch in touches]
    return [Fraction(PRECISE.power(Decimal(2), -age)) for age in ages]


MODELS: Final[dict[str, Callable[[list[Touch], Policy], list[Fraction]]]] = {
    "last_touch": last_touch,
    "first_touch": first_touch,
    "linear": linear,
    "position_based": position_based,
    "time_decay": time_decay,
}


def weights(eligible: list[Touch], policy: Policy) -> list[int]:
    """Return the ppm of each touch, in the order of touches; they add up to 1,000,000 if there is a touch."""
    if not eligible:
        return []
    shared = eligible if policy.model in {"last_touch", "first_touch"} else eligible[-MOST_SHARED:]
    parts = MODELS[policy.model](shared, policy)
    floored = [int(WHOLE * part / sum(parts)) for part in parts]
    floored[-1] += WHOLE - sum(floored)
    return [0] * (len(eligible) - len(shared)) + floored
