"""Updates the metrics after each step."""

from collections.abc import Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from attribution.metrics.definitions import (
    CONSUMED,
    COUNTS,
    LATE_TOUCHES,
    OTHER,
    SIZES,
    STAGES,
    STEP_DURATION,
    STREAM_TIME,
    Definition,
)

_DURATIONS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class _LabelledCounter:
    """A counter whose label takes the known values and a limited number of others."""

    def __init__(self, definition: Definition, registry: CollectorRegistry) -> None:
        self._definition = definition
        self._counter = Counter(definition.name, definition.meaning, definition.labels, registry=registry)
        self._values = set(definition.known)
        self._limit = None if definition.others is None else len(definition.known) + definition.others
        for value in definition.known:
            self._counter.labels(value)

    def add(self, label: str, amount: float) -> None:
        """Add an amount; spaces separate the parts of ``label`` if the metric has several labels."""
        if self._definition.labels:
            value = label if len(self._definition.labels) > 1 else self._bounded(label)
            self._counter.labels(*value.split(" ", len(self._definition.labels) - 1)).inc(amount)
        else:
            self._counter.inc(amount)

    def _bounded(self, label: str) -> str:
        if label in self._values:
            return label
        if self._limit is not None and len(self._values) >= self._limit:
            return OTHER
        self._values.add(label)
        return label


class Observed(Protocol):
    """The report of a step: counts by measure and label, seconds by stage, sizes of the state."""

    @property
    def consumed(self) -> Mapping[str, int]:
        """Records by topic."""

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """Counts by measure and label."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds by stage."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes by measure."""

    @property
    def stream_time(self) -> int:
        """The latest record timestamp of an event, in milliseconds."""


class MetricsRecorder:
    """The metrics of one run, in their own registry."""

    def __init__(self) -> None:
        # Otherwise each counter has a second series (_created). The library has no types for this call.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._counts = {one.measure: _LabelledCounter(one, self.registry) for one in COUNTS}
        self._consumed = _LabelledCounter(CONSUMED, self.registry)
        self._stages = _LabelledCounter(STAGES, self.registry)
        self._late_touches = Counter(LATE_TOUCHES.name, LATE_TOUCHES.meaning, registry=self.registry)
        self._duration = Histogram(
            STEP_DURATION.name, STEP_DURATION.meaning, registry=self.registry, buckets=_DURATIONS
        )
        self._sizes = {one.measure: Gauge(one.name, one.meaning, registry=self.registry) for one in SIZES}
        self._stream_time = Gauge(STREAM_TIME.name, STREAM_TIME.meaning, registry=self.registry)

    def observe(self, step: Observed) -> None:
        """Record the report of a step."""
        for topic, records in step.consumed.items():
            self._consumed.add(topic, records)
        for (measure, label), amount in step.counts.items():
            # A missing metric must not end a run. A test checks that none is missing.
            if measure in self._counts:
                self._counts[measure].add(label, amount)
        self._late_touches.inc(step.counts.get(("decisions", "late_touch"), 0))
        for stage, seconds in step.seconds.items():
            self._stages.add(stage.replace(" ", "_"), seconds)
        self._duration.observe(sum(step.seconds.values()))
        for measure, gauge in self._sizes.items():
            gauge.set(step.sizes[measure])
        self._stream_time.set(step.stream_time / 1_000)
