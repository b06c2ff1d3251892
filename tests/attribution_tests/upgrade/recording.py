"""A recording of a release: what it read, what it wrote, and the state that it left.

A folder holds:

- ``manifest.json``: versions, times, and counts;
- ``input/first.ndjson.gz``, ``input/second.ndjson.gz``: the input before and after the cut, as a stream;
- ``stream/``, ``directory/``: state file and outputs of ``attribution run`` after the first part;
- ``kafka/records.ndjson.gz``: every topic partition of a worker after the first part;
- ``kafka/store.ndjson.gz``: the rows of its stores on disk, at a point of the changelog before its end.
"""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.embedded.ndjson_writer import envelope

FOLDER: Final = Path(__file__).parent / "recorded"
CHANGELOG: Final = "changelog"

S = TypeVar("S", bound=msgspec.Struct)


class Manifest(msgspec.Struct):
    """What is recorded. Times are in ms, counts are by topic.

    ``ends`` holds the end offset of each partition, by logical topic. ``cut`` is the time between the parts.
    """

    program: str
    state_version_embedded: int
    state_version_kafka: int
    cut: int
    first: dict[str, int]
    second: dict[str, int]
    partitions: int
    ends: dict[str, list[int]]


class LoggedRow(msgspec.Struct):
    """A record of a topic partition; ``topic`` is its name without the prefix of a deployment."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class StoreRow(msgspec.Struct):
    """A row of a task's store on disk."""

    partition: int
    table: str
    key: bytes
    value: bytes


class _Envelope(msgspec.Struct):
    topic: str
    key: str
    value: msgspec.Raw
    timestamp: int


class Recording:
    """Reads a recording."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def manifest(self) -> Manifest:
        return msgspec.json.decode((self.folder / "manifest.json").read_bytes(), type=Manifest)

    def first(self) -> list[ProducerRecord]:
        """Return the input before the cut."""
        return self._input("first")

    def second(self) -> list[ProducerRecord]:
        """Return the input after the cut."""
        return self._input("second")

    def logged(self) -> list[LoggedRow]:
        """Return the records of all topic partitions, each in the order of its offsets."""
        return list(_rows(self.folder / "kafka/records.ndjson.gz", LoggedRow))

    def stored(self) -> list[StoreRow]:
        """Return the rows of all stores on disk."""
        return list(_rows(self.folder / "kafka/store.ndjson.gz", StoreRow))

    def _input(self, part: str) -> list[ProducerRecord]:
        rows = _rows(self.folder / f"input/{part}.ndjson.gz", _Envelope)
        return [ProducerRecord(one.topic, one.timestamp, one.key, bytes(one.value)) for one in rows]


def recordings() -> list[Recording]:
    """Return the recordings of all releases."""
    return [Recording(folder) for folder in sorted(FOLDER.iterdir())]


def name_of(recording: Any) -> str:
    """Return the id of a recording among a test's parameters."""
    return str(recording.folder.name)


def write_input(records: Iterable[ProducerRecord], file: Path) -> None:
    """Write a part of the input."""
    write_gzip(file, b"".join(envelope(one) for one in records))


def write_rows(rows: Iterable[msgspec.Struct], file: Path) -> None:
    """Write structs as lines. Bytes become Base64."""
    write_gzip(file, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def write_gzip(file: Path, data: bytes) -> None:
    """Compress into a file. The same data gives the same bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(data, mtime=0))


def read_gzip(file: Path) -> bytes:
    """Return the data of a compressed file."""
    return gzip.decompress(file.read_bytes())


def _rows(file: Path, kind: type[S]) -> Iterator[S]:
    decoder = msgspec.json.Decoder(kind)
    for line in read_gzip(file).splitlines():
        yield decoder.decode(line)
