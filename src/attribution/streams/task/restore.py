"""Restores a task.

The order is: its changelog, the clicks and room entries (which are in no changelog), the reference versions.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from attribution.engine.state_version import StateVersion
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.errors import StateError
from attribution.streams.batch import Fetched
from attribution.streams.checkpoint import (
    LOCAL,
    TASK_KEY,
    Positions,
    StoreCheckpoint,
    TaskCheckpoint,
    read_store_checkpoint,
    read_task_checkpoint,
)
from attribution.streams.clients.consumer import PromptConsumer, fetch

_POLL_MS: Final = 200
_BATCH_RECORDS: Final = 20_000
_SEPARATOR: Final = b"\0"


def changelog_key(table: str, key: bytes) -> bytes:
    """Return the key of a row in the changelog."""
    return table.encode() + _SEPARATOR + key


class Restoration:
    """Brings a store up to date with the changelog.

    The reader belongs to no group. Everything that it will read is assigned at once and paused: each change
    of its topics would cost some hundred milliseconds.
    """

    def __init__(
        self,
        partition: int,
        places: Mapping[str, TopicPartition],
        reader: AIOKafkaConsumer,
        store: WriteBuffer,
        on_progress: Callable[[int, float], None],
        state_version: StateVersion,
    ) -> None:
        self.partition = partition
        self._places = places
        self._reader = reader
        self._store = store
        self._on_progress = on_progress
        self._state_version = state_version
        self.records = 0
        self._began = perf_counter()

    def saved(self) -> StoreCheckpoint:
        """Return the checkpoint of the store on disk.

        Raises:
            StateError: this program does not read its state version.
        """
        row = self._store.get(LOCAL, b"")
        if row is None:
            return StoreCheckpoint(None, 0)
        return read_store_checkpoint(row, f"the store of task {self.partition}", self._state_version)

    async def changelog(self, topic: str, saved: StoreCheckpoint) -> StoreCheckpoint:
        """Read the changelog from the store's checkpoint to its end; return the new checkpoint.

        Raises:
            StateError: the changelog ends before the store's checkpoint, or has another state version.
        """
        tp = self._places[topic]
        end = (await self._reader.end_offsets([tp]))[tp]
        if saved.changelog > end:
            raise StateError(
                f"the store is at {saved.changelog} of {tp.topic} partition {tp.partition}, which ends at "
                f"{end}: the topic was recreated; delete the store's directory: it is restored from Kafka"
            )
        task = saved.task
        async for fetched in self.span(topic, saved.changelog, end):
            task = self._apply(fetched, f"{tp.topic} partition {tp.partition}") or task
            self._store.commit()
        return StoreCheckpoint(task, end)

    async def span(self, topic: str, start: int, stop: int) -> AsyncIterator[Sequence[Fetched]]:
        """Yield the records of a topic with start <= offset < stop, in batches."""
        if start >= stop:
            return
        tp = self._places[topic]
        self._reader.seek(tp, start)
        self._reader.resume(tp)
        while await self._reader.position(tp) < stop:
            fetched = await fetch(self._reader, tp, timeout_ms=_POLL_MS, most=_BATCH_RECORDS)
            records = [one for one in fetched.get(tp, ()) if one.offset < stop]
            if records:
                yield records
                self.records += len(records)
                self._on_progress(self.records, perf_counter() - self._began)
        self._reader.pause(tp)

    async def beginnings(self, positions: Positions) -> dict[str, int]:
        """Return where each topic begins.

        Raises:
            StateError: records were deleted before they were processed.
        """
        places = self._places
        found = await self._reader.beginning_offsets(list(places.values()))
        beginnings = {topic: found[tp] for topic, tp in places.items()}
        for step, offsets in positions.items():
            for topic, offset in offsets.items():
                if offset < beginnings.get(topic, 0):
                    raise StateError(
                        f"{places[topic].topic} partition {places[topic].partition} begins at offset "
                        f"{beginnings[topic]}, {step} resumes at {offset}: records were deleted before they "
                        "were processed; lengthen the topic's retention.ms, and see 'Begin anew' in "
                        "docs/operate.md"
                    )
        return beginnings

    async def start_of(self, topic: str, time: int, needed_from: int) -> int:
        """Return the first offset of a topic that may hold records from a time on (ms).

        Raises:
            StateError: records at or after ``needed_from`` are deleted.
        """
        tp = self._places[topic]
        beginning = (await self._reader.beginning_offsets([tp]))[tp]
        if beginning > needed_from:
            raise StateError(
                f"{tp.topic} partition {tp.partition} begins at offset {beginning}, but touches are needed "
                f"from {needed_from} on: its retention is too short for its policy's windows "
                "(attribution topics plan); without these records decisions would be wrong"
            )
        found = (await self._reader.offsets_for_times({tp: max(0, time)}))[tp]
        return int(beginning if found is None else found.offset)

    def _apply(self, fetched: Iterable[Fetched], where: str) -> TaskCheckpoint | None:
        task = None
        changes: dict[str, dict[bytes, bytes | None]] = {}
        for one in fetched:
            if one.key == TASK_KEY:
                task = read_task_checkpoint(one.value or b"", where, self._state_version)
            else:
                table, _, key = (one.key or b"").partition(_SEPARATOR)
                changes.setdefault(table.decode(), {})[key] = one.value
        self._store.write(changes)
        return task


def reader_of(options: Mapping[str, Any]) -> AIOKafkaConsumer:
    """Return a consumer without a group, for the restore and the global topics of one task."""
    return PromptConsumer(
        **options,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=500,
    )
