"""The settings of a simulated run."""

from dataclasses import dataclass
from typing import Final

from attribution.domain.records.fields import MILLION

HOUR_MS: Final = 3_600_000
NEW_YEAR_2026: Final = 1_767_225_600_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """The settings of a run. Equal settings give equal bytes.

    ``events`` is the exact number of clicks (80 %), room entries (15 %) and order events (5 %) together,
    without repeated and broken ones. ``start_ms`` is in ms since the epoch, UTC. Shares are in ppm:

    - ``broken_ppm`` of the number of all records are added as broken records;
    - ``repeated_ppm`` of the events arrive twice;
    - ``late_ppm`` of the events arrive minutes to hours late;
    - ``anonymous_ppm`` of the clicks have no buyer.

    Raises:
        ValueError: a setting is out of range; the message names it.
    """

    seed: int = 1
    events: int = 100_000
    buyers: int = 20_000
    rooms: int = 48
    hours: int = 72
    start_ms: int = NEW_YEAR_2026
    broken_ppm: int = 1_000
    repeated_ppm: int = 10_000
    late_ppm: int = 10_000
    anonymous_ppm: int = 50_000
    tick_ms: int = 60_000

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must not be negative: {self.seed}")
        for name in ("events", "buyers", "rooms", "hours", "tick_ms"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1: {getattr(self, name)}")
        for name in ("broken_ppm", "repeated_ppm", "late_ppm", "anonymous_ppm"):
            if not 0 <= getattr(self, name) <= MILLION:
                raise ValueError(f"{name} must be 0 to {MILLION}: {getattr(self, name)}")

    @property
    def length_ms(self) -> int:
        """Return the length of the traffic in ms."""
        return self.hours * HOUR_MS

    @property
    def end_ms(self) -> int:
        """Return the end of the run. Late and repeated records may still arrive after it."""
        return self.start_ms + self.length_ms

    def at(self, numerator: int, denominator: int) -> int:
        """Return the time at a fraction of the run."""
        return self.start_ms + self.length_ms * numerator // denominator
