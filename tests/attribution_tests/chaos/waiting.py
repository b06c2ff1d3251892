"""Waiting for a condition, with a deadline."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

_LOOK_AGAIN_SECONDS: Final = 0.05


class TooLateError(AssertionError):
    """What was waited for did not come about in time."""


def until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> float:
    """Wait for a condition; return how many seconds it took.

    Raises:
        TooLateError: it was not met within so many seconds; ``what`` tells what was waited for.
    """
    began = monotonic()
    while not condition():
        if monotonic() > began + seconds:
            raise TooLateError(f"not within {seconds:.0f} s: {what()}")
        sleep(_LOOK_AGAIN_SECONDS)
    return monotonic() - began
