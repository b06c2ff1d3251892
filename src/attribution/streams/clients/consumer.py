"""Fetching records, none of which may be passed over, in lots."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from attribution.errors import StateError
from attribution.streams.batch import Fetched
from attribution.streams.clients import aiokafka_patches
from attribution.streams.clients.health import check_background

_BUSY_WAIT_MS: Final = 20
"""So long a broker may wait for records of some partitions while those of others are here and not yet asked for."""


class PromptConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer in which no partition waits long for what another has or lacks.

    aiokafka has one request under way to each broker. While records of some partition have not been asked for it sends
    none for the others, for a tenth of a second; and one for partitions that are at their end waits at the broker,
    while the others run dry.
    """

    async def start(self) -> None:
        """Connect."""
        await super().start()
        self._fetcher._prefetch_backoff = 0.0  # noqa: SLF001 - nothing public is between, here and below
        self._longest_wait_ms = self._fetcher._fetch_max_wait_ms  # noqa: SLF001
        self._choose = self._fetcher._get_actions_per_node  # noqa: SLF001
        self._fetcher._get_actions_per_node = self._choose_requests  # noqa: SLF001

    async def getmany(self, *places: TopicPartition, **limits: Any) -> Any:
        """Return what there is, of those partitions; see aiokafka.

        Raises:
            KafkaError: nothing is fetched any more.
        """
        check_background(self)
        return await super().getmany(*places, **limits)

    def _choose_requests(self, assignment: Any) -> Any:
        here = assignment.tps.intersection(self._fetcher._records)  # noqa: SLF001
        is_behind = any(not assignment.state_value(tp).paused for tp in here)
        self._fetcher._fetch_max_wait_ms = _BUSY_WAIT_MS if is_behind else self._longest_wait_ms  # noqa: SLF001
        return self._choose(assignment)


class Ends:
    """Where partitions end, as far as that is known by now.

    Records of a partition that is not asked for are fetched once, and wait. What that answer told of the partition's end
    is old when they are taken at last: then it counts again only when another answer has told it.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._waited: dict[TopicPartition, int | None] = {}

    def of(self, tp: TopicPartition, position: int, *, is_asked_for: bool) -> int | None:
        """Return the offset behind a partition's last readable record, None if that is not known."""
        end: int | None = self._consumer.last_stable_offset(tp)
        if end is None or end < 0:
            return None
        answer = self._consumer.last_poll_timestamp(tp)
        if end > position and not is_asked_for:
            self._waited[tp] = answer
        if end <= position and self._waited.get(tp, -1) == answer:
            return None
        return end


async def fetch(
    consumer: AIOKafkaConsumer, *places: TopicPartition, timeout_ms: int, most: int
) -> Mapping[TopicPartition, Sequence[Fetched]]:
    """Return what there is of some topic partitions, at most so many records and a lot, from their positions on.

    Raises:
        StateError: a partition has no records at its position any more. The consumer's ``auto_offset_reset`` must be
            "none": with any other it goes on elsewhere without a word.
        KafkaError: the consumer works no more.
    """
    try:
        found = await consumer.getmany(
            *places, timeout_ms=timeout_ms, max_records=-(-most // aiokafka_patches.BATCH_RECORDS)
        )
    except NoOffsetForPartitionError:
        return {}  # from before it was told where to begin
    except OffsetOutOfRangeError as error:
        await _check_places(consumer, error.args[0])
        return {}
    return {
        tp: batches[0] if len(batches) == 1 else list(chain.from_iterable(batches))
        for tp, batches in found.items()
    }


async def _check_places(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Raise if these are the positions still: it may have been told to go on elsewhere meanwhile."""
    for tp, offset in offsets.items():
        if tp in consumer.assignment() and await consumer.position(tp) == offset:
            begins = (await consumer.beginning_offsets([tp]))[tp]
            raise StateError(
                f"{tp.topic} partition {tp.partition} has no offset {offset} any more, it begins at {begins}: records "
                "were deleted before they were processed; lengthen the topic's retention.ms, and see 'Begin anew' in "
                "docs/operate.md"
            )
