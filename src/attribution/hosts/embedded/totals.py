"""The report of a step, and the counts of a run summed over its steps."""

from collections import Counter
from collections.abc import Mapping
from time import perf_counter
from typing import NamedTuple

from attribution.hosts.embedded.source import Progress


class StepReport(NamedTuple):
    """What a step did: counts by measure and label, sizes of the state by name, seconds by stage."""

    records: int
    consumed: Mapping[str, int]
    counts: Mapping[tuple[str, str], int]
    sizes: Mapping[str, int]
    seconds: Mapping[str, float]
    stream_time: int
    progress: Progress


class RunTotals:
    """Counts by measure and label since construction."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._counts: Counter[tuple[str, str]] = Counter()
        self.consumed: Counter[str] = Counter()
        self.sizes: Mapping[str, int] = {}

    def add(self, step: StepReport) -> None:
        """Add the counts of a step."""
        self.consumed.update(step.consumed)
        self._counts.update(step.counts)
        self.sizes = step.sizes

    @property
    def records(self) -> int:
        """The number of records read and committed."""
        return self.consumed.total()

    def of(self, measure: str) -> dict[str, int]:
        """Return a measure by label, sorted by label."""
        return {label: amount for (name, label), amount in sorted(self._counts.items()) if name == measure}

    def total(self, measure: str) -> int:
        """Return the sum of a measure over all labels."""
        return sum(self.of(measure).values())

    def money(self) -> dict[str, dict[str, int]]:
        """Return the positive amounts posted, in minor units, by posting kind and currency."""
        posted: dict[str, dict[str, int]] = {}
        for label, amount in self.of("money").items():
            kind, currency = label.split(" ")
            posted.setdefault(kind, {})[currency] = amount
        return posted

    def seconds(self) -> float:
        """Return the seconds since construction."""
        return perf_counter() - self._began
