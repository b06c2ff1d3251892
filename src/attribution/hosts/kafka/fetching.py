"""Fetching records, none of which may be passed over."""

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from attribution.errors import StateError
from attribution.hosts.kafka.batch import Fetched


async def fetch(
    consumer: AIOKafkaConsumer, *places: TopicPartition, timeout_ms: int, most: int
) -> Mapping[TopicPartition, Sequence[Fetched]]:
    """Return what there is of some topic partitions, at most so many records, from their positions on.

    Raises:
        StateError: a partition has no records at its position any more. The consumer's ``auto_offset_reset`` must be
            "none": with any other it goes on elsewhere without a word.
    """
    try:
        found: dict[TopicPartition, Sequence[Fetched]] = await consumer.getmany(
            *places, timeout_ms=timeout_ms, max_records=most
        )
    except NoOffsetForPartitionError:
        return {}  # from before it was told where to begin
    except OffsetOutOfRangeError as error:
        await _check_places(consumer, error.args[0])
        return {}
    return found


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
