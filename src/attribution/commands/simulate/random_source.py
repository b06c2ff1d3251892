"""The one source of chance.

Only ``random.Random.random`` is used, whose sequence Python guarantees for a seed, and only exact arithmetic: no
logarithm, no ``choice``, no ``sum`` of floats, so that every machine and Python draws the same.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

from attribution.domain.records.fields import MILLION

T = TypeVar("T")

STREAMS: Final = 16
_ZIPF_Q: Final = 50
_SCALE: Final = 10**12


class RandomSource:
    """A seeded stream of chances; streams of one seed do not disturb each other."""

    __slots__ = ("fraction",)

    def __init__(self, seed: int, stream: int = 0) -> None:
        self.fraction = Random(seed * STREAMS + stream).random  # noqa: S311 - reproducible on purpose

    def below(self, bound: int) -> int:
        """A number in [0, bound)."""
        return int(self.fraction() * bound)

    def between(self, low: int, high: int) -> int:
        """A number in [low, high], both included."""
        return low + int(self.fraction() * (high - low + 1))

    def chance(self, ppm: int) -> bool:
        """Whether something with a share of ``ppm`` happens."""
        return self.fraction() * MILLION < ppm

    def pick(self, pool: Sequence[T]) -> T:
        """One of the pool, each as likely."""
        return pool[int(self.fraction() * len(pool))]


class Crowd:
    """Buyers by popularity: Zipf-Mandelbrot with s = 1 and q = 50, the weight of rank k is 1 / (k + q)."""

    def __init__(self, size: int, rng: RandomSource) -> None:
        self._rng = rng
        self._sums = list(accumulate(_SCALE // (rank + _ZIPF_Q) for rank in range(1, size + 1)))

    def draw(self) -> str:
        """The id of a buyer."""
        return buyer_id(bisect_right(self._sums, self._rng.below(self._sums[-1])))


def buyer_id(rank: int) -> str:
    """The id of the buyer at a rank, counted from 0."""
    return f"b{rank}"
