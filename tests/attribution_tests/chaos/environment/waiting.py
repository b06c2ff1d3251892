"""Wait for a condition up to a deadline."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

_LOOK_AGAIN_SECONDS: Final = 0.05


class TooLateError(AssertionError):
    """A condition was not met in time."""


def until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> float:
    """Wait for a condition; return the seconds it took.

    Raises:
        TooLateError: The condition was not met within ``seconds``; ``what`` describes the state then.
    """
    began = monotonic()
    while not condition():
        if monotonic() > began + seconds:
            raise TooLateError(f"timed out after {seconds:.0f} s: {what()}")
        sleep(_LOOK_AGAIN_SECONDS)
    return monotonic() - began
