"""One file or pipe of ``{"topic", "value", "timestamp"?, "key"?}`` lines, in the order of its lines."""

from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from select import select
from typing import Final, NamedTuple

import msgspec

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal, gravest
from attribution.domain.ingest.validation import field_faults
from attribution.domain.records.fields import Time
from attribution.domain.records.topics import BY_NAME, READ
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.hosts.embedded.line_reader import LineReader
from attribution.hosts.embedded.source import Position, Progress
from attribution.hosts.embedded.topic_file import check_size

_ALL: Final = "input"
"""The name of the whole input in positions.

A line without a readable topic is refused under this name, with its line number as the offset.
"""
_PATIENCE_SECONDS: Final = 0.2
"""How long to wait for a pipe before the run checks whether to stop."""


class Envelope(msgspec.Struct, frozen=True):
    """A record with its topic; ``value`` is the record itself."""

    topic: str
    value: msgspec.Raw
    timestamp: Time | None = None
    key: str | None = None


class _Shape(msgspec.Struct, frozen=True):
    topic: str
    timestamp: Time | None = None
    key: str | None = None


class _Untimed(msgspec.Struct, frozen=True):
    topic: str
    value: msgspec.Raw
    key: str | None = None


class _Refused(NamedTuple):
    """A refused line, and its record if only the line's timestamp is at fault."""

    refusal: Refusal
    record: Envelope | None


class StreamSource:
    """Reads one file or pipe. Offsets are counted per topic, as in the topics' own logs."""

    def __init__(
        self,
        file: BufferedReader,
        positions: Mapping[str, Position],
        timer: StageTimer,
        *,
        follow: bool,
        path: Path | None,
    ) -> None:
        self._timer = timer
        self._positions = {name: positions.get(name, Position()) for name in (*BY_NAME, _ALL)}
        start = self._positions[_ALL].bytes
        self._size = path.stat().st_size if path else None
        if path is not None:
            check_size(path, self._positions[_ALL])
        self._file = file
        self._follow = follow
        self._lines = LineReader(file, start, follow=follow)
        self._readers = {topic.name: TopicDecoder(topic) for topic in READ}
        self._decoder = msgspec.json.Decoder(Envelope)
        self._offsets = {name: position.records for name, position in self._positions.items()}
        self._latest = {name: position.latest for name, position in self._positions.items()}
        self._lengths: list[int] = []
        self._stop = start

    def read(self) -> list[Record] | None:
        """Return the next records: an empty list if there are none yet, None at the end."""
        if self._size is None and not select([self._file], [], [], _PATIENCE_SECONDS)[0]:
            return []
        block = self._lines.read()
        if block is None:
            return [] if self._follow else None
        self._lengths += [len(line) + 1 for line in block.lines]
        if block.lines and self._stop + sum(self._lengths[-len(block.lines) :]) > block.stop:
            self._lengths[-1] -= 1
        self._stop = block.stop
        with self._timer.stage("decode"):
            envelopes = [self._open(line) for line in block.lines]
            decoded = self._decode(envelopes)
            return [
                self._record(line, envelope, event)
                for line, envelope, event in zip(block.lines, envelopes, decoded, strict=True)
            ]

    def advance(self, records: list[Record]) -> None:
        """Record that the next records, in order, have been processed."""
        lengths, self._lengths = self._lengths[: len(records)], self._lengths[len(records) :]
        everything = self._positions[_ALL]
        self._positions[_ALL] = Position(
            everything.records + len(records), everything.bytes + sum(lengths), records[-1].timestamp
        )
        for record in records:
            if record.topic in self._readers:
                self._positions[record.topic] = Position(record.offset + 1, 0, record.timestamp)

    def positions(self) -> dict[str, Position]:
        """Return how far the input is processed, as a whole and by topic."""
        return self._positions

    def progress(self) -> Progress:
        """Return how much of the input is processed."""
        return Progress(self._positions[_ALL].bytes, self._size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self, line: bytes) -> Envelope | _Refused:
        try:
            line.decode()
            envelope = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = _envelope_fault(line, error)
            return _Refused(fault, self._untimed(line) if fault.code == "TIME_OUT_OF_RANGE" else None)
        if envelope.topic not in self._readers:
            detail = f"$.topic: {envelope.topic[:40]!r} is no input topic"
            return _Refused(Refusal("UNKNOWN_VALUE", detail), None)
        return envelope

    def _untimed(self, line: bytes) -> Envelope | None:
        """Return the record of a line without the line's timestamp, if its topic is known."""
        untimed = msgspec.json.decode(line, type=_Untimed)
        known = untimed.topic in self._readers
        return Envelope(untimed.topic, untimed.value, None, untimed.key) if known else None

    def _decode(self, envelopes: list[Envelope | _Refused]) -> list[object]:
        """Decode the values, all those of a topic together."""
        events: list[object] = [one.refusal if isinstance(one, _Refused) else None for one in envelopes]
        by_topic: dict[str, list[int]] = {}
        for place, envelope in enumerate(envelopes):
            if isinstance(envelope, Envelope):
                by_topic.setdefault(envelope.topic, []).append(place)
        for topic, places in by_topic.items():
            found = [envelopes[place] for place in places]
            values = [bytes(e.value) for e in found if isinstance(e, Envelope)]
            timestamps = [e.timestamp for e in found if isinstance(e, Envelope)]
            for place, event in zip(places, self._readers[topic].decode(values, timestamps), strict=True):
                events[place] = event
        return events

    def _record(self, line: bytes, envelope: Envelope | _Refused, event: object) -> Record:
        number = self._offsets[_ALL]
        self._offsets[_ALL] += 1
        if not isinstance(envelope, _Refused):
            return self._record_of(envelope, self._timestamp(envelope), event)
        if envelope.record is not None:
            return self._record_of(envelope.record, self._latest[_ALL], event)
        return Record(self._latest[_ALL], 0, 0, number, _ALL, None, line, event)

    def _timestamp(self, envelope: Envelope) -> int:
        if envelope.timestamp is not None:
            return envelope.timestamp
        topic = envelope.topic
        (timestamp,) = self._readers[topic].own_timestamps([bytes(envelope.value)], self._latest[topic])
        return timestamp

    def _record_of(self, envelope: Envelope, timestamp: int, event: object) -> Record:
        topic, value = envelope.topic, bytes(envelope.value)
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        self._latest[topic] = self._latest[_ALL] = timestamp
        return Record(timestamp, BY_NAME[topic].rank or 0, 0, offset, topic, envelope.key, value, event)


def _envelope_fault(line: bytes, error: Exception) -> Refusal:
    try:
        line.decode()
        parsed = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        return Refusal("BAD_JSON", str(fault)[:200])
    faults = field_faults(parsed, _Shape)
    if isinstance(parsed, dict) and "value" not in parsed:
        faults.append(Refusal("MISSING_FIELD", "$.value is missing"))
    return gravest(faults) if faults else Refusal("BAD_JSON", str(error)[:200])
