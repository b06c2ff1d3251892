"""The content of a task's transaction: outputs, watermarks, changelog records, group offsets."""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

import msgspec
from aiokafka import TopicPartition

from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.engine.unit_of_work import UnitOfWork
from attribution.streams.checkpoint import TASK_KEY, TaskCheckpoint, least_positions
from attribution.streams.flow.step import Step
from attribution.streams.flow.watermark import encode
from attribution.streams.task.context import TaskContext
from attribution.streams.task.restore import changelog_key
from attribution.streams.task.transaction import TransactionRecord

_OFFSETS_EVERY_SECONDS: Final = 1.0
"""The interval of group offsets. Only tools that show lag read them."""


class TransactionRecords:
    """Collects the records of a transaction."""

    def __init__(self, context: TaskContext, partition: int) -> None:
        self._context = context
        self._partition = partition
        self._offsets_at = 0.0

    def records(
        self, unit: UnitOfWork, steps: Sequence[Step], store: WriteBuffer, task: TaskCheckpoint
    ) -> list[TransactionRecord]:
        """Return all records: those of a key in the order of their creation, watermarks after them."""
        return [*self._outputs(unit), *self._watermarks(steps), *self._changes(store, task)]

    def seconds_to_offsets(self) -> float:
        """Return the seconds until group offsets are due; zero or less if they are due now."""
        return self._offsets_at - monotonic()

    def offsets(self, task: TaskCheckpoint) -> dict[TopicPartition, int]:
        """Return the offsets for the group, or none if they are not due."""
        if self.seconds_to_offsets() > 0:
            return {}
        self._offsets_at = monotonic() + _OFFSETS_EVERY_SECONDS
        return {
            TopicPartition(self._context.on_broker(topic), self._partition): offset
            for topic, offset in least_positions(task.positions).items()
            if topic not in self._context.job.global_topics
        }

    def _outputs(self, unit: UnitOfWork) -> Iterator[TransactionRecord]:
        for topic, written in unit.outputs.items():
            name = self._context.on_broker(topic)
            for record in written:
                yield TransactionRecord(
                    name, None if record.key is None else record.key.encode(), record.value
                )

    def _watermarks(self, steps: Sequence[Step]) -> Iterator[TransactionRecord]:
        for step in steps:
            watermark = step.pending_watermark(self._partition)
            if watermark is not None and step.repartition_topic is not None:
                name, value = self._context.on_broker(step.repartition_topic), encode(watermark)
                for partition in range(self._context.partitions):
                    yield TransactionRecord(name, None, value, partition=partition)

    def _changes(self, store: WriteBuffer, task: TaskCheckpoint) -> Iterator[TransactionRecord]:
        name = self._context.names.changelog
        for table, key, value in store.changed():
            yield TransactionRecord(name, changelog_key(table, key), value, partition=self._partition)
        yield TransactionRecord(name, TASK_KEY, msgspec.json.encode(task), partition=self._partition)
