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
    """A consumer in which no partition waits long for another."""

    async def start(self) -> None:
        """Connect to the brokers."""
        await super().start()
        aiokafka_internals.fetch_promptly(self, _BUSY_WAIT_MS)

    async def getmany(self, *places: TopicPartition, **limits: Any) -> Any:
        """Return the records that are available, as aiokafka does.

        Raises:
            KafkaError: the consumer has stopped fetching.
        """
        check_background(self)
        return await super().getmany(*places, **limits)


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
