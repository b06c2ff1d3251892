"""Fetches records in batches and never skips any."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from attribution.errors import StateError
from attribution.streams.batch import Fetched
from attribution.streams.clients import aiokafka_internals
from attribution.streams.clients.health import check_background

_BUSY_WAIT_MS: Final = 20
"""How long a broker may wait for new records while fetched records of other partitions are not polled yet."""


class PromptConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer in which no partition waits long for another.

    aiokafka has one fetch request in flight to each broker. While fetched records of a partition are not
    polled, it sends no request for the others for a tenth of a second. A request for partitions that are at
    their end waits at the broker, and meanwhile the other partitions run out of records.
    """

    async def start(self) -> None:
        """Connect to the brokers."""
        await super().start()
        self._fetcher._prefetch_backoff = 0.0  # noqa: SLF001 - there is no public API, here and below
        self._longest_wait_ms = self._fetcher._fetch_max_wait_ms  # noqa: SLF001
        self._choose = self._fetcher._get_actions_per_node  # noqa: SLF001
        self._fetcher._get_actions_per_node = self._choose_requests  # noqa: SLF001

    async def getmany(self, *places: TopicPartition, **limits: Any) -> Any:
        """Return the records that are available, as aiokafka does.

        Raises:
            KafkaError: the consumer has stopped fetching.
        """
        check_background(self)
        return await super().getmany(*places, **limits)

    def _choose_requests(self, assignment: Any) -> Any:
        here = assignment.tps.intersection(self._fetcher._records)  # noqa: SLF001
        is_behind = any(not assignment.state_value(tp).paused for tp in here)
        self._fetcher._fetch_max_wait_ms = _BUSY_WAIT_MS if is_behind else self._longest_wait_ms  # noqa: SLF001
        return self._choose(assignment)


class Ends:
    """The ends of partitions, as far as they are known.

    Records of a partition that is not polled are fetched once, and wait. The end that came with them is
    outdated when they are polled at last. It counts again only after a newer answer.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._waited: dict[TopicPartition, int | None] = {}

    def of(self, tp: TopicPartition, position: int, *, is_asked_for: bool) -> int | None:
        """Return the offset after a partition's last readable record, or None if it is unknown."""
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
    """Return the available records of topic partitions from their positions, at most ``most`` plus one batch.

    Raises:
        StateError: the records at a partition's position are deleted. The consumer's ``auto_offset_reset``
            must be "none": with any other value it silently continues elsewhere.
        KafkaError: the consumer has stopped working.
    """
    try:
        found = await consumer.getmany(
            *places, timeout_ms=timeout_ms, max_records=-(-most // aiokafka_internals.BATCH_RECORDS)
        )
    except NoOffsetForPartitionError:
        return {}  # the error dates from before the first seek
    except OffsetOutOfRangeError as error:
        await _check_places(consumer, error.args[0])
        return {}
    return {
        tp: batches[0] if len(batches) == 1 else list(chain.from_iterable(batches))
        for tp, batches in found.items()
    }


async def _check_places(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Raise if these are still the positions: a seek may have changed them meanwhile."""
    for tp, offset in offsets.items():
        if tp in consumer.assignment() and await consumer.position(tp) == offset:
            begins = (await consumer.beginning_offsets([tp]))[tp]
            raise StateError(
                f"{tp.topic} partition {tp.partition} no longer has offset {offset}, it begins at {begins}: "
                "records were deleted before they were processed; lengthen the topic's retention.ms, and see "
                "'Begin anew' in docs/operate.md"
            )
