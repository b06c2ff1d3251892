"""A cache of decoded aggregates that evicts between units of work, never within one."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from attribution.engine.bloom_filter import BloomFilter

A = TypeVar("A")


class Cache(Generic[A]):
    """Aggregates by id, the least recently used of which are let go between units of work.

    ``weigh`` gives an aggregate's weight; together they weigh at most ``limit`` after ``trim`` (None: no limit).
    """

    def __init__(self, load: Callable[[str], A], weigh: Callable[[A], int], limit: int | None) -> None:
        self._load = load
        self._weigh = weigh
        self._limit = limit
        self._kept: dict[str, A] = {} if limit is None else OrderedDict()
        self._weights: dict[str, int] = {}
        self._used: dict[str, None] = {}
        self.weight = 0
        self._evicted: BloomFilter[str] = BloomFilter()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, identity: str) -> bool:
        return identity in self._kept

    def may_have_evicted(self, identity: str) -> bool:
        """Tell whether an aggregate may have been here and be in the store by now; no is certain."""
        return identity in self._evicted

    def get(self, identity: str) -> A:
        """Return an aggregate, loaded if need be."""
        self._used[identity] = None
        aggregate = self._kept.get(identity)
        if aggregate is None:
            aggregate = self._kept[identity] = self._load(identity)
        return aggregate

    def trim(self) -> None:
        """Weigh what was used, and let go of the least recently used beyond the limit. Nothing may be unwritten."""
        for identity in self._used:
            weight = self._weigh(self._kept[identity])
            self.weight += weight - self._weights.get(identity, 0)
            self._weights[identity] = weight
        if isinstance(self._kept, OrderedDict) and self._limit is not None:
            self._evict(self._kept, self._limit)
        self._used.clear()

    def _evict(self, kept: OrderedDict[str, A], limit: int) -> None:
        for identity in self._used:
            kept.move_to_end(identity)
        while self.weight > limit:
            identity, _ = kept.popitem(last=False)
            self.weight -= self._weights.pop(identity)
            self._evicted.add(identity)
