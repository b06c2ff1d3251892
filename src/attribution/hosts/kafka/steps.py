"""The steps of a task, in the order in which records pass through them."""

from collections.abc import Iterable, Mapping, Sequence

from attribution.domain.records.events import Click
from attribution.domain.steps.topology import READ_WHOLE
from attribution.engine.record import Record
from attribution.errors import StateError
from attribution.hosts.kafka.repartition import (
    ENTRIES_BY_CLICK_ID,
    TOUCHES,
    is_repartition_topic,
    rekeyed,
)
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.inputs import StepInputs
from attribution.streams.flow.step import Step


def task_steps(
    processor: TaskProcessor,
    agents: Mapping[str, Sequence[str]],
    partitions: int,
    task: TaskCheckpoint | None,
    beginnings: Mapping[str, int],
) -> list[Step]:
    """Return the steps of a task. Each resumes at its positions in ``task``, or starts at ``beginnings``."""

    def inputs(step: str, topics: Iterable[str]) -> StepInputs:
        repartition_topics = [topic for topic in topics if is_repartition_topic(topic)]
        direct = [topic for topic in topics if not is_repartition_topic(topic)]
        start = {**beginnings, **(task.positions.get(step, {}) if task else {})}
        done = task.done.get(step, {}) if task else {}
        for repartition_topic, offsets in done.items():
            _check_sources(repartition_topic, len(offsets), partitions)
        return StepInputs(direct, repartition_topics, partitions, start, done)

    *moved, entries = agents["route"]
    rekeying = [
        Step(
            f"rekey {name}",
            "route",
            inputs(f"rekey {name}", [name]),
            processor.rekey,
            repartition_topic=rekeyed(name),
        )
        for name in moved
    ]
    everything = [*agents["attribute"], *sorted(READ_WHOLE)]
    return [
        *rekeying,
        Step(
            "route",
            "route",
            inputs("route", [entries]),
            processor.route,
            repartition_topic=ENTRIES_BY_CLICK_ID,
        ),
        Step(
            "stitch",
            "stitch",
            inputs("stitch", agents["stitch"]),
            processor.stitched,
            repartition_topic=TOUCHES,
            selects=_is_stitched,
        ),
        Step("attribute", "attribute", inputs("attribute", everything), processor.process),
    ]


def _check_sources(repartition_topic: str, before: int, now: int) -> None:
    if before != now:
        raise StateError(
            f"the state is for {before} partitions, but the topics have {now} (repartition topic "
            f"{repartition_topic}): keys no longer match their state; see 'Scale' in docs/operate.md"
        )


def _is_stitched(record: Record) -> bool:
    """Return whether a record is an entry that names a click, or an anonymous click."""
    event = record.event
    return record.topic == ENTRIES_BY_CLICK_ID or (isinstance(event, Click) and event.buyer_id is None)
