"""A cache of decoded aggregates that evicts between units of work, never within one."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from attribution.engine.bloom_filter import BloomFilter

A = TypeVar("A")


class Cache(Generic[A]):
    """Aggregates by id; the least recently used are evicted between units of work.

    ``weigh`` returns the weight of an aggregate. After ``trim``, the weights sum to at most ``limit`` (None:
    no limit).
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
        """Return whether an aggregate may have been evicted to the store; False is certain."""
        return identity in self._evicted

    def get(self, identity: str) -> A:
        """Return an aggregate; load it if necessary."""
        self._used[identity] = None
        aggregate = self._kept.get(identity)
        if aggregate is None:
            aggregate = self._kept[identity] = self._load(identity)
        return aggregate

    def trim(self) -> None:
        """Weigh the aggregates that were used, and evict the least recently used beyond the limit.

        All changes must be written before.
        """
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
