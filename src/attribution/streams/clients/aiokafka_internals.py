"""Patches of aiokafka 0.14, for processes in which all clients are ours.

Each patch replaces a class by a subclass. Remove a patch when aiokafka has what it adds.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from aiokafka import conn
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

BATCH_RECORDS: Final = 1_000
"""The number of records that are decoded from fetched bytes at a time."""


class BatchedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """The fetched records of a partition, returned in lists, each record as the decoder built it.

    aiokafka's own class returns records one by one and converts each to another object. That costs more than
    decoding.
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


class PromptConnection(conn.AIOKafkaConnection):  # type: ignore[misc]
    """A connection that counts as broken as soon as its transport is closing.

    After a broker's death and before the reader notices it, uvloop answers a write with RuntimeError.
    aiokafka does not handle this: its tasks end, and code that waits for them waits forever (aiokafka's issue
    1038).
    """

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """Send a request; return an awaitable for its response.

        Raises:
            KafkaConnectionError: the connection is closed.
        """
        if self._writer is not None and self._writer.transport.is_closing():
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
        return super().send(request, expect_response)


def install_batch_fetcher() -> None:
    """Make all consumers of this process return batches; for processes in which only ``fetch`` polls them."""
    fetcher.PartitionRecords = BatchedRecords


def install_prompt_connection() -> None:
    """Make all clients of this process detect a closing connection at once; for processes with uvloop."""
    conn.AIOKafkaConnection = PromptConnection
