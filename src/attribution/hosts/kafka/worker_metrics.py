"""The metrics and the health of a worker."""

import asyncio
from collections import Counter as Tally
from time import monotonic, time
from typing import Final

from prometheus_client import Gauge, Histogram

from attribution.engine.process_memory import resident_bytes
from attribution.metrics import definitions as of
from attribution.metrics.recorder import MetricsRecorder
from attribution.metrics.server import Health
from attribution.streams.task.commit_stats import CommitStats
from attribution.streams.task.task import Task
from attribution.streams.task.task_set import TaskSet

_EVERY_SECONDS: Final = 1.0
_HANGS_AFTER_SECONDS: Final = 30.0
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0)


class WorkerMetrics:
    """Records what transactions commit, and reads the state of the tasks once a second."""

    def __init__(self) -> None:
        self.metrics = MetricsRecorder()
        self._tasks: TaskSet | None = None
        self._sizes: dict[int, dict[str, int]] = {}
        self._polled_at = monotonic()
        registry = self.metrics.registry
        self._gauges = {
            one.measure: Gauge(one.name, one.meaning, one.labels, registry=registry)
            for one in of.ON_KAFKA
            if one.type == "gauge"
        }
        self._end_to_end = Histogram(
            of.END_TO_END.name, of.END_TO_END.meaning, registry=registry, buckets=_SECONDS
        )
        self._transaction = Histogram(
            of.TRANSACTION.name, of.TRANSACTION.meaning, registry=registry, buckets=_SECONDS
        )
        for state in of.TASKS.known:
            self._gauges["tasks"].labels(state)

    def record(self, task: Task, stats: CommitStats) -> None:
        """Record what a transaction committed."""
        self._sizes[task.partition] = stats.sizes
        sizes: Tally[str] = Tally()
        for of_task in self._sizes.values():
            sizes.update(of_task)
        sizes["resident_bytes"] = resident_bytes()
        self.metrics.observe(stats._replace(sizes=dict(sizes)))
        self._transaction.observe(stats.transaction_seconds)
        now = time()
        for timestamp in stats.latencies_from:
            self._end_to_end.observe(max(0.0, now - timestamp / 1000))

    async def poll(self, tasks: TaskSet) -> None:
        """Update the gauges from the tasks once a second, until cancelled."""
        self._tasks = tasks
        while True:
            self._polled_at = monotonic()
            self._show(tasks)
            await asyncio.sleep(_EVERY_SECONDS)

    def health(self) -> Health:
        """Return the health of the worker.

        It is ready if every task is restored. It is live if the event loop runs and no transaction hangs.
        """
        tasks = list(self._tasks or ())
        waiting = [task.partition for task in tasks if task.state != "running"]
        idle_seconds = monotonic() - self._polled_at
        oldest = max((task.transaction_age() for task in tasks), default=0.0)
        is_live = max(idle_seconds, oldest) < _HANGS_AFTER_SECONDS
        if self._tasks is None:
            return Health(is_ready=False, doing="starting", is_live=is_live)
        if not self._tasks.rebalances:
            return Health(is_ready=False, doing="joining the group", is_live=is_live)
        doing = f"restoring tasks {waiting}" if waiting else f"processing {len(tasks)} tasks"
        return Health(is_ready=not waiting, doing=doing, is_live=is_live)

    def _show(self, tasks: TaskSet) -> None:
        gauges, now = self._gauges, time()
        states = Tally(task.state for task in tasks)
        for state in of.TASKS.known:
            gauges["tasks"].labels(state).set(states[state])
        gauges["rebalances"].set(tasks.rebalances)
        gauges["transaction_age"].set(max((task.transaction_age() for task in tasks), default=0.0))
        latest = min((task.clock.now for task in tasks if task.state == "running"), default=0)
        gauges["tick_age"].set(max(0.0, now - latest / 1000) if latest else 0.0)
        for name in ("lag_records", "lag_seconds", "restored", "restore_seconds"):
            gauges[name].clear()
        for task in tasks:
            self._show_task(task, now)

    def _show_task(self, task: Task, now: float) -> None:
        partition = str(task.partition)
        self._gauges["restored"].labels(partition).set(task.restored)
        self._gauges["restore_seconds"].labels(partition).set(task.restore_seconds)
        if task.state != "running":
            return
        lags = task.steps.lags()
        for (step, topic), records in lags.items():
            self._gauges["lag_records"].labels(step, topic, partition).set(records)
        behind = now - task.clock.stream_time / 1000 if any(lags.values()) else 0.0
        self._gauges["lag_seconds"].labels(partition).set(max(0.0, behind))
