"""The number of events due over time, by the hour of the day and by product calls."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from attribution.commands.simulate.market.rooms import CALL_MS, LiveRoom
from attribution.commands.simulate.scenario import HOUR_MS, Scenario

SLOT_MS: Final = 60_000
ENTRIES_PERCENT: Final = 15
ORDERS_PERCENT: Final = 5
_EAST_MS: Final = 8 * HOUR_MS
_BURST: Final = 4
# Weights by hour at UTC+08:00: lowest before dawn, highest in the evening.
_BY_HOUR: Final = (5, 3, 2, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 6, 5, 5, 6, 7, 8, 10, 12, 12, 10, 7)


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """The number of events due from the start of the run to the end of a slot."""

    total: int
    entries: int
    orders: int


class RateProfile:
    """The rate of a run by minute. Room entries and orders come in bursts while a host calls a product."""

    def __init__(self, scenario: Scenario, sessions: tuple[LiveRoom, ...]) -> None:
        self.slots = scenario.length_ms // SLOT_MS
        self._events = scenario.events
        hours = [
            (scenario.start_ms + slot * SLOT_MS + _EAST_MS) // HOUR_MS % 24 for slot in range(self.slots)
        ]
        calls = _calls_by_slot(scenario, sessions, self.slots)
        self._steady = list(accumulate(_BY_HOUR[hour] for hour in hours))
        self._bursts = list(
            accumulate(
                _BY_HOUR[hour] * (1 + _BURST * called) for hour, called in zip(hours, calls, strict=True)
            )
        )

    def target_counts(self, slot: int) -> TargetCounts:
        """Return the number of events due by the end of a slot."""
        burst = self._bursts[slot], self._bursts[-1]
        return TargetCounts(
            total=self._events * self._steady[slot] // self._steady[-1],
            entries=self._events * ENTRIES_PERCENT * burst[0] // (burst[1] * 100),
            orders=self._events * ORDERS_PERCENT * burst[0] // (burst[1] * 100),
        )


def _calls_by_slot(scenario: Scenario, sessions: tuple[LiveRoom, ...], slots: int) -> list[int]:
    calls = [0] * slots
    for session in sessions:
        for call in session.calls:
            first = (call.at - scenario.start_ms) // SLOT_MS
            for slot in range(max(0, first), min(slots, first + CALL_MS // SLOT_MS)):
                calls[slot] += 1
    return calls
