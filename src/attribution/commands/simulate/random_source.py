"""The only source of chance.

Every machine and every Python version must draw the same numbers. So this module uses only
``random.Random.random``, whose sequence Python guarantees for a seed, and only exact arithmetic: no
logarithm, no ``choice``, no ``sum`` of floats.
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
    """A seeded stream of random numbers. Streams of one seed do not affect each other."""

    __slots__ = ("fraction",)

    def __init__(self, seed: int, stream: int = 0) -> None:
        self.fraction = Random(seed * STREAMS + stream).random  # noqa: S311 - reproducible on purpose

    def below(self, bound: int) -> int:
        """Return an integer in [0, bound)."""
        return int(self.fraction() * bound)

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high], both included."""
        return low + int(self.fraction() * (high - low + 1))

    def chance(self, ppm: int) -> bool:
        """Return True with a probability of ``ppm``."""
        return self.fraction() * MILLION < ppm

    def pick(self, pool: Sequence[T]) -> T:
        """Return an element of the pool, all equally likely."""
        return pool[int(self.fraction() * len(pool))]


class Crowd:
    """Buyers by popularity: Zipf-Mandelbrot with s = 1 and q = 50. The weight of rank k is 1 / (k + q)."""

    def __init__(self, size: int, rng: RandomSource) -> None:
        self._rng = rng
        self._sums = list(accumulate(_SCALE // (rank + _ZIPF_Q) for rank in range(1, size + 1)))

    def draw(self) -> str:
        """Return the id of a buyer, drawn by popularity."""
        return buyer_id(bisect_right(self._sums, self._rng.below(self._sums[-1])))


def buyer_id(rank: int) -> str:
    """Return the id of the buyer at a rank, counted from 0."""
    return f"b{rank}"
