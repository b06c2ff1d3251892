"""The terms of scenario files: times, money, percentages, durations, splits."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

DAY_0: Final = datetime(2023, 10, 31, 16, tzinfo=UTC)
"""1 November 2023, midnight at UTC+08:00."""
UNITS: Final = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_TIME: Final = re.compile(r"day (\d+)(?: (\d\d):(\d\d)(?::(\d\d)\.(\d{3}))?)?")
_SPLIT: Final = re.compile(r"(\w+) gets ([\d.]+ %) of (\w+)")


def time_ms(text: str) -> int:
    """Return ``day 1 10:00`` in milliseconds since the epoch."""
    found = _TIME.fullmatch(text)
    assert found is not None, f"not a time: {text!r}"
    days, hours, minutes, seconds, millis = (int(part or 0) for part in found.groups())
    since = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)
    return (DAY_0 + since - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def money(text: str) -> int:
    """Return ``199.00`` in minor units."""
    return _exactly(Decimal(text) * 100)


def yuan(amount: int) -> str:
    """Return an amount as scenario files write it."""
    return f"{Decimal(amount) / 100:.2f}"


def share(text: str) -> int:
    """Return ``10 %`` in parts per million."""
    return _exactly(Decimal(text.removesuffix(" %")) * 10_000)


def duration(text: str) -> int:
    """Return ``24 h`` in milliseconds."""
    number, unit = text.split()
    return int(number) * UNITS[unit]


def split(text: str) -> dict[str, Any]:
    """Return ``agency gets 60 % of promoter`` as a step of the waterfall."""
    found = _SPLIT.fullmatch(text)
    assert found is not None, f"not a split: {text!r}"
    return {"role": found[1], "share_ppm": share(found[2]), "of": found[3]}


def _exactly(number: Decimal) -> int:
    assert number == int(number), f"finer than the unit: {number}"
    return int(number)


def _splits(texts: list[str]) -> list[dict[str, Any]]:
    return [split(text) for text in texts]


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text]


_BY_NAME: Final[dict[str, Callable[[Any], Any]]] = {
    "splits": _splits,
    "exhausted": _truth,
    "rate_protection": _truth,
    "invitation_only": _truth,
    "min_payable": money,
    "quantity": int,
}
_BY_ENDING: Final[dict[str, Callable[[Any], Any]]] = {
    "_amount": money,
    "_ppm": share,
    "_ms": duration,
    "_from": time_ms,
    "_to": time_ms,
    "_at": time_ms,
}
_NAMES_A_ROLE: Final = ("remainder_to",)


def field(name: str, value: Any) -> Any:
    """Return a field of the contract, from its value in scenario terms."""
    if name in _BY_NAME:
        return _BY_NAME[name](value)
    if name not in _NAMES_A_ROLE:
        for ending, read in _BY_ENDING.items():
            if name.endswith(ending):
                return read(value)
    return value
