"""One topic's file of bare records, in the order of record timestamps."""

from array import array
from collections import deque
from collections.abc import Iterable
from itertools import accumulate, islice, pairwise, repeat
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import Topic
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.errors import InputError
from attribution.hosts.embedded.line_reader import Block, LineReader, blocks_of
from attribution.hosts.embedded.source import Position

_SORTED_AT_ONCE: Final = 4096


class Lines(Protocol):
    """The records of a topic's file, in the order of the merge."""

    def read(self) -> list[Record]:
        """Return the next records; an empty list if there are none (yet)."""
        ...

    def position_after(self, records: int, latest: int) -> Position:
        """Return the position after the first ``records`` records in read order."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class _BlockStart(NamedTuple):
    records: int
    block: Block


class FileOrder:
    """Records in the order of their lines, for a file that is sorted or still growing."""

    def __init__(
        self, path: Path, topic: Topic, position: Position, timer: StageTimer, *, follow: bool
    ) -> None:
        self._timer = timer
        self._file = path.open("rb")
        self._topic = topic
        self._lines = LineReader(self._file, position.bytes, follow=follow)
        self._reader = TopicDecoder(topic)
        self._count = position.records
        self._latest = position.latest
        self._block_starts: deque[_BlockStart] = deque()

    def read(self) -> list[Record]:
        """Return the next records; an empty list if there are none (yet)."""
        block = self._lines.read()
        if block is None:
            return []
        self._block_starts.append(_BlockStart(self._count, block))
        with self._timer.stage("decode"):
            records = records_of(self._topic, self._reader, block.lines, self._count, self._latest)
        self._count += len(records)
        self._latest = max(self._latest, records[-1].timestamp)
        return records

    def position_after(self, records: int, latest: int) -> Position:
        """Return the position after the first ``records`` records in read order."""
        while len(self._block_starts) > 1 and self._block_starts[1].records <= records:
            self._block_starts.popleft()
        first, block = self._block_starts[0]
        before = block.lines[: records - first]
        stop = block.start + sum(map(len, before)) + len(before)
        return Position(records, min(stop, block.stop), latest)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TimeOrder:
    """Records in the order of (record timestamp, line), for a file whose lines are not sorted.

    The index takes 24 bytes of memory per line.
    """

    def __init__(self, path: Path, topic: Topic, position: Position, timer: StageTimer) -> None:
        self._timer = timer
        self._topic = topic
        self._reader = TopicDecoder(topic)
        self._next = position.records
        self._times, self._starts = _index(path, self._reader)
        self._order = array("q", sorted(range(len(self._times)), key=self._times.__getitem__))
        self._file = path.open("rb")
        self._map = mmap(self._file.fileno(), 0, access=ACCESS_READ)
        self._size = len(self._map)

    def read(self) -> list[Record]:
        """Return the next records; an empty list at the end."""
        numbers = self._order[self._next : self._next + _SORTED_AT_ONCE]
        self._next += len(numbers)
        lines = [self._line(number) for number in numbers]
        if not lines:
            return []
        timestamps = [self._times[number] for number in numbers]
        with self._timer.stage("decode"):
            return _records(self._topic, timestamps, numbers, lines, self._reader.decode(lines))

    def position_after(self, records: int, latest: int) -> Position:
        """Return the position after the first ``records`` records in time order."""
        return Position(records, self._size, latest, in_time_order=True)

    def close(self) -> None:
        """Close the file."""
        self._map.close()
        self._file.close()

    def _line(self, number: int) -> bytes:
        return self._map[self._starts[number] : self._starts[number + 1]].removesuffix(b"\n")


def open_topic_file(
    path: Path, topic: Topic, position: Position, timer: StageTimer, *, follow: bool
) -> Lines:
    """Open a topic's file at a position.

    The file is read in time order, unless it is followed or an earlier run began it in the order of its
    lines.

    Raises:
        InputError: the file is not the one that the state belongs to.
    """
    check_size(path, position)
    if follow and position.in_time_order:
        _check_finished(path, position)
    begun_in_file_order = position.records > 0 and not position.in_time_order
    if follow or begun_in_file_order or (not position.in_time_order and _is_sorted(path, topic)):
        return FileOrder(path, topic, position, timer, follow=follow)
    return TimeOrder(path, topic, position, timer)


def _check_finished(path: Path, position: Position) -> None:
    lines = sum(len(block.lines) for block in blocks_of(path))
    if lines != position.records:
        raise InputError(
            f"an earlier run read {path} in time order, and {lines - position.records} of its lines are "
            "left: finish it with a run without --follow first"
        )


def check_size(path: Path, position: Position) -> None:
    """Check that a file still holds the part already processed.

    Raises:
        InputError: the file is gone or shorter, or its lines were read in time order and it has grown.
    """
    size = path.stat().st_size if path.exists() else 0
    if size < position.bytes or (position.in_time_order and size != position.bytes):
        change = (
            "is shorter than the part already processed"
            if size < position.bytes
            else "has grown since its lines were read in time order"
        )
        raise InputError(
            f"{path} {change} ({position.bytes} bytes): "
            "use the input that the state belongs to, or start with a new state file"
        )


def records_of(
    topic: Topic, reader: TopicDecoder, lines: list[bytes], first: int, latest: int
) -> list[Record]:
    """Make records of bare lines. A line without a readable time gets the timestamp of the line before it."""
    timestamps = reader.own_timestamps(lines, latest)
    return _records(topic, timestamps, range(first, first + len(lines)), lines, reader.decode(lines))


def _records(
    topic: Topic, timestamps: list[int], offsets: Iterable[int], lines: list[bytes], events: list[Any]
) -> list[Record]:
    constant = repeat(topic.rank or 0), repeat(0)
    return list(map(Record, timestamps, *constant, offsets, repeat(topic.name), repeat(None), lines, events))


def _is_sorted(path: Path, topic: Topic) -> bool:
    reader, latest = TopicDecoder(topic), 0
    for block in blocks_of(path):
        timestamps = reader.own_timestamps(block.lines, latest)
        if timestamps[0] < latest or any(later < earlier for earlier, later in pairwise(timestamps)):
            return False
        latest = timestamps[-1]
    return True


def _index(path: Path, reader: TopicDecoder) -> "tuple[array[int], array[int]]":
    """Return the record timestamp of each line, and the byte where each begins (and where the last ends)."""
    times, starts = array("q"), array("q", [0])
    for block in blocks_of(path):
        times.extend(reader.own_timestamps(block.lines, times[-1] if times else 0))
        lengths = (len(line) + 1 for line in block.lines)
        starts.extend(islice(accumulate(lengths, initial=block.start), 1, None))
    return times, starts
