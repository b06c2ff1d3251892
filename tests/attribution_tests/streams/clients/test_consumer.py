# mypy: disable-error-code="import-untyped"
"""The batches parsed from fetched bytes hold the same records that aiokafka itself returns one by one."""

import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from attribution.streams.clients import aiokafka_internals
from attribution.streams.clients.aiokafka_internals import BatchedRecords

TP: Final = TopicPartition("clicks", 0)
CRC_AT: Final = 17
ATTRIBUTES_AT: Final = 21
CONTROL: Final = 0x20
MARKER_KEYS: Final = {"abort": struct.pack(">HH", 0, 0), "commit": struct.pack(">HH", 0, 1)}


class Batch(NamedTuple):
    """A batch in a log: its records, the offsets compacted away before it, its producer, or a marker."""

    records: int
    gap: int
    producer: int | None
    marker: str | None
    compression: int


BATCHES: Final = st.lists(
    st.builds(
        Batch,
        st.integers(1, 9),
        st.integers(0, 3),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([None, None, "abort", "commit"]),
        st.sampled_from([0, 0, 1]),
    ),
    max_size=8,
)


def encoded(batch: Batch, offset: int) -> bytes:
    is_marker = batch.marker is not None and batch.producer is not None
    builder = DefaultRecordBatchBuilder(
        2,
        0 if is_marker else batch.compression,
        batch.producer is not None,
        batch.producer or -1,
        0,
        0,
        1 << 20,
    )
    if is_marker:
        builder.append(0, 1, MARKER_KEYS[batch.marker or ""], b"\0\0\0\0\0\0", [])
    else:
        for number in range(batch.records):
            builder.append(number, 1_000 + number, b"key", b"value %d" % (offset + number), [])
    raw = bytearray(builder.build())
    struct.pack_into(">q", raw, 0, offset)
    if is_marker:
        raw[ATTRIBUTES_AT + 1] |= CONTROL
        struct.pack_into(">I", raw, CRC_AT, calc_crc32c(bytes(raw[ATTRIBUTES_AT:])))
    return bytes(raw)


class Aborted(NamedTuple):
    producer: int
    first: int
    marker: int


def log_of(batches: list[Batch]) -> tuple[bytes, list[Aborted], int]:
    """Return a log, its aborted transactions and its end offset."""
    raw, aborted, began, offset = b"", [], dict[int, int](), 0
    for batch in batches:
        offset += batch.gap
        raw += encoded(batch, offset)
        if batch.producer is not None and batch.marker is not None:
            if batch.marker == "abort" and batch.producer in began:
                aborted.append(Aborted(batch.producer, began[batch.producer], offset))
            began.pop(batch.producer, None)
            offset += 1
        else:
            if batch.producer is not None:
                began.setdefault(batch.producer, offset)
            offset += batch.records
    return raw, aborted, offset


class OneByOne(PartitionRecords):  # type: ignore[misc]
    """aiokafka's own class, which returns one record at a time."""

    def _consumer_record(self, _: TopicPartition, record: Any) -> Any:
        return record


def answered(raw: bytes, start: int) -> bytes:
    """Return what a broker answers: whole batches, the first of which holds the requested offset."""
    place, batches = 0, MemoryRecords(raw)
    while batches.has_next() and batches.next_batch().next_offset <= start:
        place += struct.unpack_from(">i", raw, place + 8)[0] + 12
    return raw[place:]


def taken_out(
    kind: type, raw: bytes, aborted: list[Aborted], start: int, isolation: int
) -> tuple[Any, Iterator[Any]]:
    reported = [one[:2] for one in aborted if one.marker >= start]
    records = kind(TP, MemoryRecords(answered(raw, start)), reported, start, None, None, True, isolation)
    return records, iter(records)


def seen(records: list[Any]) -> list[tuple[int, int, bytes | None]]:
    return [(one.offset, one.timestamp, one.value) for one in records]


@given(BATCHES, st.integers(0, 12), st.sampled_from([READ_COMMITTED, READ_UNCOMMITTED]), st.integers(1, 12))
def test_batches_hold_the_records_that_aiokafka_returns(
    batches: list[Batch], start: int, isolation: int, size: int
) -> None:
    raw, aborted, end = log_of(batches)
    ours, taken = taken_out(BatchedRecords, raw, aborted, start, isolation)
    theirs, records = taken_out(OneByOne, raw, aborted, start, isolation)
    found: list[Any] = []
    with patch.object(aiokafka_internals, "BATCH_RECORDS", size):
        for batch in taken:
            assert 0 < len(batch) <= size
            assert ours.next_fetch_offset > batch[-1].offset
            found += batch
    assert seen(found) == seen(list(records))
    assert ours.next_fetch_offset == theirs.next_fetch_offset == max(end, start)


@given(BATCHES, st.integers(1, 5))
def test_reading_resumes_with_the_record_after_a_batch(batches: list[Batch], size: int) -> None:
    raw, aborted, _ = log_of(batches)
    with patch.object(aiokafka_internals, "BATCH_RECORDS", size):
        whole = [
            one for batch in taken_out(BatchedRecords, raw, aborted, 0, READ_COMMITTED)[1] for one in batch
        ]
        found, position = [], 0
        while True:
            records, taken = taken_out(BatchedRecords, raw, aborted, position, READ_COMMITTED)
            batch = next(taken, None)
            if batch is None:
                break
            found += batch
            position = records.next_fetch_offset
    assert seen(found) == seen(whole)


def test_a_damaged_batch_raises_an_error() -> None:
    raw = bytearray(encoded(Batch(3, 0, None, None, 0), 0))
    raw[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        next(taken_out(BatchedRecords, bytes(raw), [], 0, READ_COMMITTED)[1])
