"""The steps of a task, in the order in which records pass through them."""

from collections.abc import Mapping

from attribution.errors import StateError
from attribution.hosts.kafka.task_processor import TaskProcessor
from attribution.hosts.kafka.task_topology import TaskStep, TaskTopology
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.inputs import StepInputs
from attribution.streams.flow.step import Step


def task_steps(
    processor: TaskProcessor,
    topology: TaskTopology,
    partitions: int,
    task: TaskCheckpoint | None,
    beginnings: Mapping[str, int],
) -> list[Step]:
    """Return the steps of a task. Each resumes at its positions in ``task``, or starts at ``beginnings``."""
    return [
        Step(
            step.name,
            step.agent,
            _inputs(step, partitions, task, beginnings),
            processor.process_of(step),
            repartition_topic=step.target,
            selects=step.selects(),
        )
        for step in topology.steps
    ]


def _inputs(
    step: TaskStep, partitions: int, task: TaskCheckpoint | None, beginnings: Mapping[str, int]
) -> StepInputs:
    start = {**beginnings, **(task.positions.get(step.name, {}) if task else {})}
    done = task.done.get(step.name, {}) if task else {}
    for repartition_topic, offsets in done.items():
        _check_sources(repartition_topic, len(offsets), partitions)
    return StepInputs((*step.direct, *step.whole), step.through, partitions, start, done)


def _check_sources(repartition_topic: str, before: int, now: int) -> None:
    if before != now:
        raise StateError(
            f"the state is for {before} partitions, but the topics have {now} (repartition topic "
            f"{repartition_topic}): keys no longer match their state; see 'Scale' in docs/operate.md"
        )
