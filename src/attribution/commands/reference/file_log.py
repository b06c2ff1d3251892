"""Reference records on disk: a directory with one file per topic, or one file for all topics."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Protocol, TypeAlias

import msgspec

from attribution.commands.reference.versions import Stored
from attribution.commands.reference.yaml_input import TOPIC_NAMES
from attribution.domain.records.fields import MAX_TIME, MIN_TIME
from attribution.domain.records.topics import BY_NAME
from attribution.errors import InputError, OutputError

SUFFIX: Final = ".ndjson"

Numbered: TypeAlias = tuple[str, bytes]
"""The position of a line (``FILE:LINE``), and its bytes."""


class Log(Protocol):
    """A log of reference records, on disk or on Kafka."""

    has_timestamps: bool
    """Whether the log stores record timestamps. If not, a record's timestamp is its effective_from."""

    def read(self) -> tuple[list[Stored], list[str]]:
        """Return the records in log order, and a notice for each line that is not a record."""

    def append(self, records: Iterable[Stored]) -> None:
        """Append records and wait until they are durable."""


class _Line(msgspec.Struct):
    """A line of a file for all topics."""

    topic: str
    value: msgspec.Raw = msgspec.Raw(b"null")
    timestamp: Annotated[int, msgspec.Meta(ge=MIN_TIME, le=MAX_TIME)] | None = None


class SingleFile:
    """A file of lines ``{"topic", "key", "value", "timestamp"}``. Lines of other topics are ignored."""

    has_timestamps = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[list[Stored], list[str]]:
        """Return the records in log order, and a notice for each line that is not a record."""
        return sorted_out(_stored_of_line(place, line) for place, line in _lines(self._path))

    def append(self, records: Iterable[Stored]) -> None:
        """Append records and wait until they are on disk."""
        _append(self._path, [_line_of(record) for record in records])


class FilePerTopic:
    """A directory of ``<topic>.ndjson`` files with bare records; effective_from is the timestamp."""

    has_timestamps = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[list[Stored], list[str]]:
        """Return the records in log order, and a notice for each line that is not a record."""
        return sorted_out(
            stored_of(place, topic, line, None)
            for topic in TOPIC_NAMES
            for place, line in _lines(self._file_of(topic))
        )

    def append(self, records: Iterable[Stored]) -> None:
        """Append records and wait until they are on disk."""
        lines: dict[str, list[bytes]] = {}
        for record in records:
            lines.setdefault(record.topic, []).append(msgspec.json.encode(record.record))
        for topic, of_topic in lines.items():
            _append(self._file_of(topic), of_topic)

    def _file_of(self, topic: str) -> Path:
        return self._path / f"{topic}{SUFFIX}"


def open_log(path: Path) -> Log:
    """Return the log at a path, which need not exist.

    The log is one file for all topics if the path is a file, or if it ends in ``.ndjson`` and is not a
    directory. Otherwise it is a directory.
    """
    is_file = path.is_file() or (path.suffix == SUFFIX and not path.is_dir())
    return SingleFile(path) if is_file else FilePerTopic(path)


def _line_of(record: Stored) -> bytes:
    return msgspec.json.encode(
        {"topic": record.topic, "key": record.key, "value": record.record, "timestamp": record.timestamp}
    )


def _stored_of_line(place: str, line: bytes) -> Stored | str | None:
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"{place}: not a record, ignored: {error}"
    if read.topic not in TOPIC_NAMES:
        return None
    return stored_of(place, read.topic, bytes(read.value), read.timestamp)


def stored_of(place: str, topic: str, value: bytes, timestamp: int | None) -> Stored | str:
    """Return the record in a value, or a notice with its place if the value is not a record."""
    try:
        record = msgspec.json.decode(value, type=BY_NAME[topic].record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"{place}: not a record of {topic}, ignored: {error}"
    return Stored(topic, record, record.effective_from if timestamp is None else timestamp)


def sorted_out(found: Iterable[Stored | str | None]) -> tuple[list[Stored], list[str]]:
    """Separate the records of a log from the notices."""
    records, notices = [], []
    for one in found:
        if isinstance(one, Stored):
            records.append(one)
        elif one is not None:
            notices.append(one)
    return records, notices


def _lines(path: Path) -> Iterator[Numbered]:
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", line
    except OSError as error:
        raise InputError(f"{path} can't be read: {error}") from error


def _append(path: Path, lines: list[bytes]) -> None:
    """Append lines in one write. If a crash left the last line unfinished, end it first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            start = b"" if _ends_with_newline(path) else b"\n"
            file.write(start + b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        _sync_directory(path.parent)
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {error}; apply again: versions already written count as same"
        ) from error


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync_directory(path: Path) -> None:
    """Sync a directory, so that the names of new files are durable too."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
