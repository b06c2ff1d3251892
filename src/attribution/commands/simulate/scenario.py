"""What a simulated run is made of."""

from dataclasses import dataclass
from typing import Final

from attribution.domain.records.fields import MILLION

HOUR_MS: Final = 3_600_000
NEW_YEAR_2026: Final = 1_767_225_600_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """The settings of a run; equal settings give equal bytes.

    ``events`` counts clicks, room entries and orders events together, exactly, without repeated and broken ones:
    80 % clicks, 15 % room entries, 5 % orders events. Shares are in ppm: ``broken_ppm`` of all records is added
    as broken ones, ``repeated_ppm`` of the events come twice, ``late_ppm`` of them minutes to hours late,
    ``anonymous_ppm`` of the clicks have no buyer. ``start_ms`` is milliseconds since the epoch, UTC.

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
        """How long the traffic lasts."""
        return self.hours * HOUR_MS

    @property
    def end_ms(self) -> int:
        """Nothing happens from here on; late and repeated records may still arrive."""
        return self.start_ms + self.length_ms

    def at(self, numerator: int, denominator: int) -> int:
        """The moment at a fraction of the run."""
        return self.start_ms + self.length_ms * numerator // denominator
