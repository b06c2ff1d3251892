"""Fetching records, none of which may be passed over, in lots."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, NoOffsetForPartitionError, OffsetOutOfRangeError

from attribution.errors import StateError
from attribution.streams.batch import Fetched
from attribution.streams.clients.health import check_background

BATCH_RECORDS: Final = 1_000
"""So many records are taken out of fetched bytes at a time."""
_BUSY_WAIT_MS: Final = 20
"""So long a broker may wait for records of some partitions while those of others are here and not yet asked for."""


class BatchedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """What was fetched of a partition, a list of records at a time, each as the decoder made it.

    aiokafka's own hands out records one by one, each as another object, which costs more than decoding them.
    """

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
        """Yield the batches that hold records for readers: not aborted, and no markers."""
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


def install_batch_fetcher() -> None:
    """Have all consumers of this process hand out lots; for processes in which only ``fetch`` asks them."""
    fetcher.PartitionRecords = BatchedRecords


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
        found = await consumer.getmany(*places, timeout_ms=timeout_ms, max_records=-(-most // BATCH_RECORDS))
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
