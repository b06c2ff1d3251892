"""Counts the records that a task consumes, so that each record counts once in a deployment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

from attribution.engine.record import Record
from attribution.streams.flow.step import Step
from attribution.streams.task.job import Job

_TOPIC: Final = attrgetter("topic")


class ConsumedRecords:
    """The number of records that a task has processed since the last commit, by input topic.

    - If several steps read a topic, the last one that reads all of it counts its records.
    - Every task reads the global topics whole; task 0 counts their records.
    - Repartition topics carry records that count already, and watermarks. Neither counts.
    """

    def __init__(self, job: Job, partition: int, steps: Iterable[Step]) -> None:
        topics = (*job.direct, *(job.global_topics if partition == 0 else ()))
        counted_by = {topic: step.name for step in steps for topic in topics if step.reads_all_of(topic)}
        self._topics = {
            name: {topic for topic, step in counted_by.items() if step == name}
            for name in counted_by.values()
        }
        self._counts: Counter[str] = Counter()

    def add(self, step: Step, processed: Sequence[Record]) -> None:
        """Count the records that a step has processed."""
        topics = self._topics.get(step.name)
        if not topics or not processed:
            return
        for topic, records in Counter(map(_TOPIC, processed)).items():
            if topic in topics:
                self._counts[topic] += records

    def take(self) -> Counter[str]:
        """Return the counts, and begin anew."""
        counts, self._counts = self._counts, Counter()
        return counts
