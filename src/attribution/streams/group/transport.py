"""Faust's transport with whole batches in place of single messages, in the event loop of the worker.

Faust keeps its app, agents, topics and group membership. Its ``ConsumerThread``, its acknowledgements and its
commits are not used: the tasks own their positions (docs/decisions/0007).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import IllegalStateError
from faust.types import TP

from attribution.streams.batch import Batch
from attribution.streams.clients.consumer import Ends, fetch
from attribution.streams.clients.health import check_background, check_membership
from attribution.streams.group.assignor import GroupConsumer
from attribution.streams.group.faust_internals import (
    DeliveringConsumer,
    KafkaTransport,
    Reassignment,
    message,
)
from attribution.streams.task.task_set import TaskSet

_POLL_MS: Final = 500
_SHORT_POLL_MS: Final = 20
_RECORDS: Final = 10_000
_NOTHING_TO_POLL_SECONDS: Final = 0.005


class BatchConsumer(DeliveringConsumer):
    """A consumer that sends an agent one message per fetch and partition: a ``Batch``."""

    async def on_start(self) -> None:
        """Join the group."""
        app = self.app
        self._work: TaskSet = app.tasks
        self._kafka = GroupConsumer(**app.consumer_options)
        self._ends = Ends(self._kafka)
        self._delivered: dict[TP, int] = {}
        await self._kafka.start()

    async def on_stop(self) -> None:
        """Leave the group."""
        await self._kafka.stop()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribe to topics."""
        self._kafka.subscribe(list(topics), listener=_Listener(self))

    def resume_at(self, positions: Mapping[TP, int]) -> None:
        """Set the offsets from which topic partitions are read."""
        for tp, offset in positions.items():
            self._kafka.seek(TopicPartition(*tp), offset)
            self._delivered[tp] = offset

    def check(self) -> None:
        """Check that the consumer works, even if nothing is polled.

        Raises:
            KafkaError: it does not work.
        """
        check_background(self._kafka)
        check_membership(self._kafka)

    def assignment(self) -> set[TP]:
        """Return the topic partitions that are assigned to this worker."""
        return {TP(tp.topic, tp.partition) for tp in self._kafka.assignment()}

    async def deliver(self, is_stopping: Callable[[], bool]) -> None:
        """Feed the tasks with what is fetched, until ``is_stopping``."""
        try:
            while not is_stopping():
                await self._deliver_some()
        except Exception as error:  # noqa: BLE001 - Faust would log it and continue
            self._work.fail(error)

    async def _deliver_some(self) -> None:
        wanted, left_out = self._wanted()
        if not wanted:
            await asyncio.sleep(_NOTHING_TO_POLL_SECONDS)
            return
        knows_all = all(self._kafka.highwater(tp) is not None for tp in wanted)
        generation = self._work.generation
        timeout_ms = _POLL_MS if knows_all and not left_out else _SHORT_POLL_MS
        found = await fetch(self._kafka, *wanted, timeout_ms=timeout_ms, most=_RECORDS)
        if generation != self._work.generation:
            self._read_again(found)
            return
        for tp in wanted:
            if generation == self._work.generation:
                await self._hand_on(tp, generation, found.get(tp, []))
        if generation == self._work.generation:
            for tp in left_out:
                self._report_end(tp, is_asked_for=False)

    def _read_again(self, found: Iterable[TopicPartition]) -> None:
        """Seek back to what was delivered: records fetched during a rebalance may be of either assignment."""
        for kafka_tp in found:
            offset = self._delivered.get(TP(kafka_tp.topic, kafka_tp.partition))
            if offset is not None:
                self._kafka.seek(kafka_tp, offset)

    def _wanted(self) -> tuple[list[TopicPartition], list[TopicPartition]]:
        """Return the partitions to poll, and those of which too many records wait already.

        Partitions of a task that may not be fed are in neither list.
        """
        wanted: list[TopicPartition] = []
        left_out: list[TopicPartition] = []
        for tp in self._delivered:
            task = self._work.get(tp.partition)
            if task is None:
                continue
            has_room = task.has_room(self._work.topic(tp.topic))
            (wanted if has_room else left_out).append(TopicPartition(tp.topic, tp.partition))
        return wanted, left_out

    async def _hand_on(self, kafka_tp: TopicPartition, generation: int, fetched: Sequence[Any]) -> None:
        tp = TP(kafka_tp.topic, kafka_tp.partition)
        try:
            position = await self._kafka.position(kafka_tp)
        except IllegalStateError:
            return  # it was revoked meanwhile
        if position > self._delivered[tp]:
            batch = Batch(generation, tp.topic, tp.partition, fetched, self._delivered[tp], position)
            self._delivered[tp] = position
            await self.callback(message(tp, batch, batch.next_offset, self.app.consumer_generation_id))
        self._report_end(kafka_tp, is_asked_for=True)

    def _report_end(self, kafka_tp: TopicPartition, *, is_asked_for: bool) -> None:
        tp = TP(kafka_tp.topic, kafka_tp.partition)
        task, position = self._work.get(tp.partition), self._delivered.get(tp)
        if task is None or position is None:
            return  # it was revoked meanwhile
        end = self._ends.of(kafka_tp, position, is_asked_for=is_asked_for)
        if end is not None:
            task.record_end(self._work.topic(tp.topic), end)

    async def revoked(self) -> None:
        """Suspend the tasks until the new assignment is known."""
        self._delivered.clear()
        await self._work.revoke()

    def highwater(self, tp: TP) -> int:
        """Return the end of a topic partition, or 0 if it is unknown."""
        return self._kafka.highwater(TopicPartition(*tp)) or 0

    async def position(self, tp: TP) -> int:
        """Return the offset at which a topic partition is read next."""
        return int(await self._kafka.position(TopicPartition(*tp)))

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek to the offsets of partitions."""
        self.resume_at(partitions)

    def topic_partitions(self, topic: str) -> int | None:
        """Return how many partitions a topic has."""
        return len(self._kafka.partitions_for_topic(topic) or ()) or None

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the first offsets of topic partitions."""
        return await self._kafka.beginning_offsets([TopicPartition(*tp) for tp in partitions])  # type: ignore[no-any-return]

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the end offsets of topic partitions."""
        return await self._kafka.end_offsets([TopicPartition(*tp) for tp in partitions])  # type: ignore[no-any-return]


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: BatchConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._consumer.app.on_rebalance_start()
        await self._consumer.revoked()
        await self._consumer.on_partitions_revoked({TP(*tp) for tp in revoked})

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._consumer.on_partitions_assigned({TP(*tp) for tp in assigned})


class BatchTransport(KafkaTransport):
    """The Kafka transport that delivers batches."""

    Consumer = BatchConsumer


class TaskTables(Reassignment):
    """Replaces Faust's tables: on a rebalance it opens and closes tasks, and returns at once."""

    async def take_over(self, assigned: set[TP]) -> None:
        """Open and close tasks; the restore continues in the background."""
        await self.app.tasks.assign({tp.partition for tp in assigned})
