"""Writes records to files and streams as newline-delimited JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from attribution.engine.producer_record import ProducerRecord

_BUFFER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """How many records of each topic were written, and how many were left out."""

    records: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The number of records written."""
        return self.records.total()


def write_directory(records: Iterable[ProducerRecord], path: Path) -> Written:
    """Write one ``<topic>.ndjson`` per topic, with the bare records in the order of arrival.

    A bare record has no record timestamp, only its own occurred_at or effective_from. A late event is one
    whose line comes later in the file. A missing directory is created. The files of the topics that occur are
    overwritten.
    """
    path.mkdir(parents=True, exist_ok=True)
    written = Written()
    files: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for record in records:
            if record.topic not in files:
                file = (path / f"{record.topic}.ndjson").open("wb", buffering=_BUFFER)
                files[record.topic] = stack.enter_context(file)
            files[record.topic].write(record.value + b"\n")
            written.records[record.topic] += 1
    return written


def write_stream(records: Iterable[ProducerRecord], output: Path | BinaryIO) -> Written:
    """Write lines of ``{"topic","key","value","timestamp"}`` in the order of arrival.

    ``value`` is the record's JSON object itself. A record that is not valid JSON is left out, and counted.
    """
    written = Written()
    with _opened(output) as file:
        for record in records:
            if is_json(record.value):
                file.write(envelope(record))
                written.records[record.topic] += 1
            else:
                written.left_out[record.topic] += 1
        file.flush()
    return written


def envelope(record: ProducerRecord) -> bytes:
    """Return the line of a record in a stream."""
    return b'{"topic":"%b","key":%b,"value":%b,"timestamp":%d}\n' % (
        record.topic.encode(),
        msgspec.json.encode(record.key),
        record.value,
        record.timestamp,
    )


def is_json(value: bytes) -> bool:
    """Return whether the bytes are JSON."""
    try:
        msgspec.json.decode(value, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


@contextmanager
def _opened(output: Path | BinaryIO) -> Iterator[BinaryIO]:
    opened = output.open("wb", buffering=_BUFFER) if isinstance(output, Path) else nullcontext(output)
    with opened as file:
        yield file
