"""All that the engine uses of aiokafka's private parts. No other module names them.

Each section begins with what it relies on (``PrivateParts``); a test fails when a part changes. Nothing is
patched by an import. The worker installs what replaces a class, and from then on it applies to all clients of
the process. The other functions act on one client.
"""

import asyncio
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, conn, partitioner
from aiokafka.consumer import fetcher
from aiokafka.coordinator import protocol
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CorruptRecordException
from aiokafka.protocol.group import JoinGroupRequest

from attribution.streams.private_parts import PrivateParts

_VERSION: Final = "0.14.0"
_NO_ISSUE: Final = "no upstream issue known"

BATCH_RECORDS: Final = 1_000
"""The number of records that are decoded from fetched bytes at a time."""

_BATCHES: Final = PrivateParts(
    (
        "aiokafka.consumer.fetcher:PartitionRecords",
        "aiokafka.consumer.fetcher:FetchResult",
        "aiokafka.consumer.fetcher:Fetcher._proc_fetch_request",
    ),
    "BatchedRecords returns records in lists. aiokafka's own class returns them one by one and converts each "
    "to another object, which costs more than decoding.",
    _NO_ISSUE,
    _VERSION,
)


class BatchedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """The fetched records of a partition, returned in lists, each record as the decoder built it."""

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[list[Any]]:
        ready: list[Any] = []
        for batch in self._visible():
            records = chain(batch)
            while some := list(islice(records, BATCH_RECORDS - len(ready))):
                if some[0].offset < self.next_fetch_offset:
                    some = [one for one in some if one.offset >= self.next_fetch_offset]
                ready += some
                if len(ready) >= BATCH_RECORDS:
                    self.next_fetch_offset = ready[-1].offset + 1
                    yield ready
                    ready = []
            self.next_fetch_offset = batch.next_offset
        if ready:
            yield ready

    def _visible(self) -> Iterator[Any]:
        """Yield the batches that readers may see: no aborted batches, no transaction markers."""
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if self._is_aborted(batch) or batch.is_control_batch:
                self.next_fetch_offset = batch.next_offset
            else:
                yield batch

    def _is_aborted(self, batch: Any) -> bool:
        if self._isolation_level != fetcher.READ_COMMITTED or batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and self._contains_abort_marker(batch):
            self._aborted_producers.discard(batch.producer_id)
        return batch.is_transactional and batch.producer_id in self._aborted_producers


def install_batch_fetcher() -> None:
    """Make all consumers of this process return batches; for processes in which only ``fetch`` polls them."""
    fetcher.PartitionRecords = BatchedRecords


_CONNECTION: Final = PrivateParts(
    (
        "aiokafka.conn:AIOKafkaConnection.send",
        "aiokafka.conn:AIOKafkaConnection.close",
        "aiokafka.conn:CloseReason",
        "aiokafka.conn:create_conn",
    ),
    "PromptConnection closes a connection whose transport is closing. After a broker's death and before the "
    "reader notices it, uvloop answers a write with RuntimeError. aiokafka does not handle this: its tasks "
    "end, and code that waits for them waits forever.",
    "https://github.com/aio-libs/aiokafka/issues/1038",
    _VERSION,
)


class PromptConnection(conn.AIOKafkaConnection):  # type: ignore[misc]
    """A connection that counts as broken as soon as its transport is closing."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """Send a request; return an awaitable for its response.

        Raises:
            KafkaConnectionError: the connection is closed.
        """
        if self._writer is not None and self._writer.transport.is_closing():
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
        return super().send(request, expect_response)


def install_prompt_connection() -> None:
    """Make all clients of this process detect a closing connection at once; for processes with uvloop."""
    conn.AIOKafkaConnection = PromptConnection


_FETCHES: Final = PrivateParts(
    (
        "aiokafka.consumer.consumer:AIOKafkaConsumer.__init__",
        "aiokafka.consumer.consumer:AIOKafkaConsumer.start",
        "aiokafka.consumer.fetcher:Fetcher.__init__",
        "aiokafka.consumer.fetcher:Fetcher._fetch_requests_routine",
        "aiokafka.consumer.fetcher:Fetcher._get_actions_per_node",
        "aiokafka.consumer.subscription_state:Assignment",
        "aiokafka.consumer.subscription_state:TopicPartitionState",
    ),
    "fetch_promptly keeps partitions from waiting for others. aiokafka has one fetch request in flight to "
    "each broker. While fetched records of a partition are not polled, it sends no request for the others for "
    "a tenth of a second. A request for partitions that are at their end waits at the broker, and meanwhile "
    "the other partitions run out of records. No setting changes either.",
    _NO_ISSUE,
    _VERSION,
)


def fetch_promptly(consumer: AIOKafkaConsumer, busy_wait_ms: int) -> None:
    """Make a started consumer send requests at once, even while fetched records are not polled.

    Meanwhile a broker may wait for new records of the other partitions for ``busy_wait_ms``.
    """
    fetching = consumer._fetcher
    longest_wait_ms, choose = fetching._fetch_max_wait_ms, fetching._get_actions_per_node

    def choose_requests(assignment: Any) -> Any:
        here = assignment.tps.intersection(fetching._records)
        is_behind = any(not assignment.state_value(tp).paused for tp in here)
        fetching._fetch_max_wait_ms = busy_wait_ms if is_behind else longest_wait_ms
        return choose(assignment)

    fetching._prefetch_backoff = 0.0
    fetching._get_actions_per_node = choose_requests


_HEALTH: Final = PrivateParts(
    (
        "aiokafka.consumer.fetcher:Fetcher.error_future",
        "aiokafka.client:AIOKafkaClient.bootstrap",
        "aiokafka.client:AIOKafkaClient._md_synchronizer",
        "aiokafka.consumer.group_coordinator:GroupCoordinator.__init__",
        "aiokafka.consumer.group_coordinator:GroupCoordinator._coordination_routine",
        "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors",
        "aiokafka.consumer.subscription_state:SubscriptionState.fetch_context",
    ),
    "The tasks of a consumer, and the errors of its group. aiokafka reports neither when nothing is polled, "
    "and its public API does not show them.",
    "https://github.com/aio-libs/aiokafka/issues/1154 (closed; its pull request 1156 was not merged)",
    _VERSION,
)


def background_tasks(consumer: AIOKafkaConsumer) -> dict[str, "asyncio.Task[Any]"]:
    """Return the tasks of a consumer that have been started, by what they do."""
    tasks = {"fetching": consumer._fetcher.error_future, "looking up brokers": consumer._client._sync_task}
    return {what: task for what, task in tasks.items() if task is not None}


def membership_task(consumer: AIOKafkaConsumer) -> "asyncio.Task[Any]":
    """Return the task in which a consumer takes part in its group."""
    task: asyncio.Task[Any] = consumer._coordinator._coordination_task
    return task


def check_group_errors(consumer: AIOKafkaConsumer) -> None:
    """Check that the group accepts a consumer.

    Raises:
        KafkaError: the group has refused it since the last check.
    """
    consumer._coordinator.check_errors()


def show_sign_of_life(consumer: AIOKafkaConsumer) -> None:
    """Make a consumer count as alive, as a poll does (``max_poll_interval_ms``)."""
    with consumer._subscription.fetch_context():
        pass


_GROUP: Final = PrivateParts(
    (
        "aiokafka.consumer.group_coordinator:GroupCoordinator._send_req",
        "aiokafka.consumer.group_coordinator:CoordinatorGroupRebalance.perform_group_join",
        "aiokafka.protocol.group:JoinGroupRequest",
    ),
    "send_whole_joins: aiokafka sends a join request per assignor, each with one assignor more. Each of them "
    "would cause a rebalance.",
    "https://github.com/aio-libs/aiokafka/pull/1168",
    _VERSION,
)


class _NotSent:
    """The part of a response that aiokafka reads before it continues with the next assignor."""

    error_code: Final = 0


def send_whole_joins(consumer: AIOKafkaConsumer, assignors: int) -> None:
    """Make a started consumer send a join request only if it offers all its assignors."""
    coordinator = consumer._coordinator
    send = coordinator._send_req

    async def send_whole(request: Any) -> Any:
        if isinstance(request, JoinGroupRequest) and len(request._group_protocols) < assignors:
            return _NotSent
        return await send(request)

    coordinator._send_req = send_whole


_ASSIGNORS: Final = PrivateParts(
    (
        "aiokafka.coordinator.assignors.abstract:AbstractPartitionAssignor",
        "aiokafka.coordinator.assignors.range:RangePartitionAssignor",
        "aiokafka.coordinator.protocol:ConsumerProtocolMemberMetadata",
        "aiokafka.coordinator.protocol:ConsumerProtocolMemberAssignment",
        "aiokafka.consumer.group_coordinator:GroupCoordinator._perform_assignment",
        "aiokafka.consumer.group_coordinator:GroupCoordinator._on_join_complete",
    ),
    "The base of an assignor of our own, and the group's generation, which aiokafka does not tell an assignor.",
    _NO_ISSUE,
    _VERSION,
)

Assignor: TypeAlias = AbstractPartitionAssignor
RangeAssignor: TypeAlias = RangePartitionAssignor
MemberMetadata: TypeAlias = protocol.ConsumerProtocolMemberMetadata
MemberAssignment: TypeAlias = protocol.ConsumerProtocolMemberAssignment


def generation_of(consumer: AIOKafkaConsumer) -> int:
    """Return the generation of the group in which a consumer is a member; -1 before it has joined."""
    return int(consumer._coordinator.generation)


_PARTITIONER: Final = PrivateParts(
    ("aiokafka.partitioner:murmur2",),
    "The hash by which producers choose a partition; aiokafka does not export it.",
    _NO_ISSUE,
    _VERSION,
)

murmur2: Final = partitioner.murmur2

RELIED_ON: Final = (_BATCHES, _CONNECTION, _FETCHES, _HEALTH, _GROUP, _ASSIGNORS, _PARTITIONER)
"""All private parts of aiokafka that the engine relies on."""
