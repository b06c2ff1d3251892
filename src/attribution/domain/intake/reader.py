"""Values of one topic become records or refusals."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from attribution.domain.intake.diagnosis import faults_in
from attribution.domain.intake.refusal import Refusal, gravest
from attribution.domain.intake.rules import faults_of
from attribution.domain.records.events import Click, OrderCreated, OrderPaid, RoomEntry, Shipped, Tick
from attribution.domain.records.fields import MAX_RECORD_BYTES, MAX_TIME, MIN_TIME
from attribution.domain.records.topics import Topic

FUTURE_SLACK_MS: Final = 600_000
"""How far a producer's clock may run ahead of the broker's."""

Read: TypeAlias = Any
"""A record of the topic's type, or a Refusal."""

_SIMPLE: Final = (Click, RoomEntry, Tick)


class Reader:
    """Reads the values of one topic.

    >>> from attribution.domain.records.topics import BY_NAME
    >>> Reader(BY_NAME["ticks"]).read([b'{"event_id":"t","occurred_at":1700000000000}'], [1700000000000])
    [Tick(event_id='t', occurred_at=1700000000000)]
    """

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._decoder = msgspec.json.Decoder(topic.record)
        self._is_simple = topic.record in _SIMPLE
        self._time_field = "effective_from" if topic.role == "reference" else "occurred_at"

    def read(self, values: Sequence[bytes], timestamps: Sequence[int | None] | None = None) -> list[Read]:
        """Decode values; each becomes a record or a refusal, in its place.

        ``timestamps`` are the records' (milliseconds); without one a record has its own time.
        """
        records = self._read_together(values)
        if records is None:
            records = [self._read_one(value) for value in values]
        if timestamps is None and self._is_simple:
            return records
        stamps = timestamps if timestamps is not None else [None] * len(records)
        return [
            record if stamp is None and self._is_simple else self._check_clock(record, value, stamp)
            for record, value, stamp in zip(records, values, stamps, strict=True)
        ]

    def timestamp_of(self, record: Read, value: bytes, before: int) -> int:
        """Return the record timestamp of a bare record: its own time, or that of the one before when unreadable."""
        if not isinstance(record, Refusal):
            return int(getattr(record, self._time_field))
        own = self._claimed_time(value)
        return before if own is None else own

    def _read_together(self, values: Sequence[bytes]) -> list[Read] | None:
        """Decode all values in one call, or return None when one of them needs a closer look.

        Every newline of the joined text must lie between two objects (a closing brace before, an opening one
        behind): then the number of decoded records equals that of the values only if each value is one record.
        """
        joined = b"\n".join(values)
        if (
            joined.count(b"}\n{") != len(values) - 1
            or not joined.startswith(b"{")
            or not joined.endswith(b"}")
        ):
            return None
        if not joined.isascii() or b"\\u" in joined or max(map(len, values)) > MAX_RECORD_BYTES:
            return None
        try:
            records = self._decoder.decode_lines(joined)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if len(records) != len(values):
            return None
        if self.topic.role == "reference":
            return [_checked(record) for record in records]
        return records

    def _read_one(self, value: bytes) -> Read:
        try:
            record = self._decoder.decode(value)
            value.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._diagnose(value)
        if len(value) > MAX_RECORD_BYTES or not value.isascii() or b"\\u" in value:
            return self._diagnose(value)
        return _checked(record)

    def _diagnose(self, value: bytes) -> Read:
        try:
            value.decode()
            parsed = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Refusal("BAD_JSON", str(error)[:200])
        faults = faults_in(parsed, self.topic.record)
        if len(value) > MAX_RECORD_BYTES:
            faults.append(Refusal("TOO_LARGE", f"{len(value)} bytes, at most {MAX_RECORD_BYTES}"))
        if faults:
            return gravest(faults)
        return _checked(self._decoder.decode(value))

    def _claimed_time(self, value: bytes) -> int | None:
        """Return what a refused record says of its own time, if that is a time at all."""
        try:
            claimed = msgspec.json.decode(value, type=dict)[self._time_field]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            return None
        return claimed if type(claimed) is int and MIN_TIME <= claimed <= MAX_TIME else None

    def _check_clock(self, record: Read, value: bytes, timestamp: int | None) -> Read:
        if self.topic.role == "reference" or (isinstance(record, Refusal) and record.code != "TOO_LARGE"):
            return record
        event = self._decoder.decode(value) if isinstance(record, Refusal) else record
        ahead = _latest_time(event) - (event.occurred_at if timestamp is None else timestamp)
        if ahead > FUTURE_SLACK_MS:
            return Refusal("TIME_IN_FUTURE", f"{ahead} ms after the record timestamp")
        return record


def _latest_time(event: Any) -> int:
    if isinstance(event, OrderPaid | OrderCreated):
        return max(event.occurred_at, event.placed_at)
    if isinstance(event, Shipped):
        return max(event.occurred_at, event.shipped_at)
    return int(event.occurred_at)


def _checked(record: Read) -> Read:
    faults = [Refusal(code, detail) for code, detail in faults_of(record)]
    return gravest(faults) if faults else record
