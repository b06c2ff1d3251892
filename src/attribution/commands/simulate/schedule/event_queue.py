"""The queue of records by arrival. Some are late, some arrive twice."""

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Final

import msgspec

from attribution.commands.simulate.market.reference_version import TimedVersion
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.domain.records.events import Event
from attribution.engine.producer_record import ProducerRecord

COUNTED: Final = frozenset({"clicks", "room-entries", "orders"})
_SOON_MS: Final = 3_000
_LATE_MS: Final = (120_000, 6 * HOUR_MS)
_AGAIN_MS: Final = (1_000, 600_000)


class EventQueue:
    """The records of the run that have not arrived yet, by arrival.

    The queue drops events at or after the end of the run. It also drops clicks, room entries and order events
    beyond the scenario's ``events``.
    """

    def __init__(self, scenario: Scenario, rng: RandomSource) -> None:
        self.added: Counter[str] = Counter()
        self.total = 0
        self._scenario = scenario
        self._rng = rng
        self._queue: list[tuple[int, int, ProducerRecord]] = []
        self._order = count()
        self._encode = msgspec.json.Encoder().encode

    def add(self, topic: str, key: str, event: Event) -> None:
        """Add an event. Its record may arrive late or twice."""
        if event.occurred_at >= self._scenario.end_ms:
            return
        if topic in COUNTED:
            if self.total >= self._scenario.events:
                return
            self.total += 1
        self.added[topic] += 1
        delay = self._rng.between(*_LATE_MS) if self._rng.chance(self._scenario.late_ppm) else self._soon()
        value = self._encode(event)
        self._push(topic, event.occurred_at + delay, key, value)
        if self._rng.chance(self._scenario.repeated_ppm):
            again = event.occurred_at + delay + self._rng.between(*_AGAIN_MS)
            self._push(topic, again, key, value)

    def add_version(self, timed: TimedVersion) -> None:
        """Add a reference version. Its record is never late and never repeated by chance."""
        value = self._encode(timed.version)
        self._push(timed.topic, timed.recorded_at, timed.key, value)

    def tick(self, event: Event) -> None:
        """Add a tick. Ticks are never late."""
        self._push("ticks", event.occurred_at, event.event_id, self._encode(event))

    def until(self, now: int) -> Iterator[ProducerRecord]:
        """Yield the records that arrive before ``now``, in order of arrival."""
        while self._queue and self._queue[0][0] < now:
            yield heappop(self._queue)[2]

    def rest(self) -> Iterator[ProducerRecord]:
        """Yield the remaining records, in order of arrival."""
        while self._queue:
            yield heappop(self._queue)[2]

    def _soon(self) -> int:
        return self._rng.below(_SOON_MS)

    def _push(self, topic: str, arrival: int, key: str, value: bytes) -> None:
        heappush(self._queue, (arrival, next(self._order), ProducerRecord(topic, arrival, key, value)))
