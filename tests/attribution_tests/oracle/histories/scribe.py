"""Collects the records of a generated history, with valid record timestamps and without ties that matter."""

import random
from collections import Counter
from typing import Any, Final, TypeVar

import msgspec

from attribution.domain.records.topics import BY_NAME
from attribution_tests.oracle.reading import Arrival
from attribution_tests.oracle.references import NAMED_BY

T = TypeVar("T")

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
BASE: Final = 1_700_000_000_000
END: Final = BASE + 5 * DAY - 1
AHEAD: Final = 10 * MINUTE
"""How far (ms) a producer's clock may run ahead of the broker's."""
PREFIXES: Final = ("e", "e", "E", "é", "\uff5e", "😀")
"""Sorted by bytes they are in neither UTF-16 order nor the order of any language."""


class Scribe:
    """A random source, and the records written so far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - test data, the same for the same seed
        self.arrivals: list[Arrival] = []
        self._numbers: Counter[str] = Counter()
        self._reference_keys: set[tuple[str, str, int, int]] = set()

    def pick(self, *choices: T) -> T:
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def beside(self, at: int) -> int:
        """A time, or a millisecond to either side of it."""
        return at + self.pick(0, 0, 0, -1, 1)

    def event_id(self, partition: str) -> str:
        """Return an id that is unique within a topic and key, and only there."""
        self._numbers[partition] += 1
        return f"{self.pick(*PREFIXES)}{self._numbers[partition]}"

    def lag(self) -> int:
        """Return the delay (ms) from an event to its record."""
        return self.pick(0, 0, 1_000, 5_000, 5_000, -AHEAD, HOUR)

    def event(self, topic: str, timestamp: int, value: dict[str, Any]) -> None:
        earliest = max(value["occurred_at"], value.get("placed_at", 0)) - AHEAD
        self.append(topic, min(max(timestamp, earliest, BASE), END), value)

    def reference(self, topic: str, timestamp: int, value: dict[str, Any]) -> None:
        """Write a reference version; no two share key and record timestamp, since chance would decide between them."""
        name, timestamp = value[NAMED_BY[topic]], max(timestamp, BASE)
        while (topic, name, value["effective_from"], timestamp) in self._reference_keys:
            timestamp += 1
        self._reference_keys.add((topic, name, value["effective_from"], timestamp))
        self.append(topic, timestamp, value)

    def append(self, topic: str, timestamp: int, value: dict[str, Any]) -> None:
        present = {name: what for name, what in value.items() if what is not None}
        self.arrivals.append(Arrival(topic, timestamp, msgspec.json.encode(present)))

    def in_total_order(self) -> list[Arrival]:
        """Sort by record timestamp, topic rank, and order of writing."""
        return sorted(self.arrivals, key=lambda one: (one.timestamp, BY_NAME[one.topic].rank or 0))
