"""Decodes the values of one topic into records or refusals."""

import json
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from attribution.domain.ingest.cross_field import cross_field_faults
from attribution.domain.ingest.lookalikes import not_json
from attribution.domain.ingest.refusal import Refusal, gravest
from attribution.domain.ingest.validation import field_faults
from attribution.domain.records.events import Click, OrderCreated, OrderPaid, RoomEntry, Shipped, Tick
from attribution.domain.records.fields import MAX_AMOUNT, MAX_ID_BYTES, MAX_RECORD_BYTES, MAX_TIME, MIN_TIME
from attribution.domain.records.topics import Topic

FUTURE_SLACK_MS: Final = 600_000
"""How far a producer's clock may run ahead of the broker's."""

Decoded: TypeAlias = Any
"""A record of the topic's type, or a Refusal."""

_SIMPLE: Final = (Click, RoomEntry, Tick)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SMALL_BATCH: Final = 64
_LONGEST_INT: Final = 4000


class _OccurredAt(msgspec.Struct, gc=False):
    time: int | None = msgspec.field(name="occurred_at", default=None)


class _EffectiveFrom(msgspec.Struct, gc=False):
    time: int | None = msgspec.field(name="effective_from", default=None)


class TopicDecoder:
    """Decodes the values of one topic.

    >>> from attribution.domain.records.topics import BY_NAME
    >>> TopicDecoder(BY_NAME["ticks"]).decode([b'{"event_id":"t","occurred_at":1700000000000}'], [1700000000000])
    [Tick(event_id='t', occurred_at=1700000000000)]
    """

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._decoder = msgspec.json.Decoder(topic.record)
        self._is_simple = topic.record in _SIMPLE
        claim = _EffectiveFrom if topic.role == "reference" else _OccurredAt
        self._claims: msgspec.json.Decoder[_EffectiveFrom | _OccurredAt] = msgspec.json.Decoder(claim)

    def decode(
        self, values: Sequence[bytes], timestamps: Sequence[int | None] | None = None
    ) -> list[Decoded]:
        """Decode each value into a record or a refusal, in the same order.

        ``timestamps`` are the record timestamps (ms). A record without one is checked against its own time.
        """
        records = self._decode_many(values)
        if timestamps is None:
            return records if self._is_simple else self._check_clocks(records, values, [None] * len(records))
        if not self._is_simple or None in timestamps:
            return self._check_clocks(records, values, timestamps)
        kind, check = self.topic.record, self._check_clock
        return [
            record
            if type(record) is kind and record.occurred_at <= stamp + FUTURE_SLACK_MS  # type: ignore[operator]
            else check(record, value, stamp)
            for record, value, stamp in zip(records, values, timestamps, strict=True)
        ]

    def own_timestamps(self, values: Sequence[bytes], before: int) -> list[int]:
        """Return timestamps (ms) for records that have none.

        Each is the record's own time, or the timestamp before it if that time is missing or outside
        2010..2100. ``before`` is the timestamp before the first record.
        """
        timestamps = []
        for start in range(0, len(values), _SMALL_BATCH):
            for time in self._claimed_together(values[start : start + _SMALL_BATCH]):
                before = time if time is not None and MIN_TIME <= time <= MAX_TIME else before
                timestamps.append(before)
        return timestamps

    def _decode_many(self, values: Sequence[bytes]) -> list[Decoded]:
        """Decode all values at once; if that fails, in smaller batches, then one by one."""
        records = self._decode_together(values)
        if records is not None:
            return records
        if len(values) <= _SMALL_BATCH:
            return [self._decode_one(value) for value in values]
        batches = (values[start : start + _SMALL_BATCH] for start in range(0, len(values), _SMALL_BATCH))
        return [record for batch in batches for record in self._decode_many(batch)]

    def _decode_together(self, values: Sequence[bytes]) -> list[Decoded] | None:
        joined = _joined(values)
        if joined is None or max(map(len, values)) > MAX_RECORD_BYTES:
            return None
        is_plain = joined.isascii() and b"\\u" not in joined
        try:
            records: list[Decoded] = self._decoder.decode_lines(joined)
            if not is_plain:
                joined.decode()
        except _UNREADABLE:
            return None
        if len(records) != len(values):
            return None
        if is_plain and self.topic.role != "reference":
            return records
        return [self._check_limits(record, value) for record, value in zip(records, values, strict=True)]

    def _decode_one(self, value: bytes) -> Decoded:
        try:
            record = self._decoder.decode(value)
            value.decode()
        except _UNREADABLE:
            return self._diagnose(value)
        if len(value) > MAX_RECORD_BYTES:
            return self._diagnose(value)
        return self._check_limits(record, value)

    def _check_limits(self, record: Decoded, value: bytes) -> Decoded:
        """Check what the decoder cannot: limits in bytes of UTF-8, and rules between fields."""
        is_plain = value.isascii() and b"\\u" not in value
        if not is_plain and any(map(_may_be_too_long, msgspec.structs.astuple(record))):
            return self._diagnose(value)
        return _checked(record)

    def _diagnose(self, value: bytes) -> Decoded:
        try:
            parsed = _parse(value)
        except (*_UNREADABLE, ValueError) as error:
            return Refusal("BAD_JSON", not_json(value) or str(error)[:200])
        faults = field_faults(parsed, self.topic.record)
        if len(value) > MAX_RECORD_BYTES:
            faults.append(Refusal("TOO_LARGE", f"{len(value)} bytes, at most {MAX_RECORD_BYTES}"))
        if faults:
            return gravest(faults)
        try:
            return _checked(self._decoder.decode(value))
        except _UNREADABLE as error:
            return Refusal("BAD_JSON", str(error)[:200])

    def _claimed_together(self, values: Sequence[bytes]) -> list[int | None]:
        joined = _joined(values)
        if joined is not None:
            try:
                claims = self._claims.decode_lines(joined)
            except _UNREADABLE:
                claims = []
            if len(claims) == len(values):
                return [claim.time for claim in claims]
        return [self._claimed_time(value) for value in values]

    def _claimed_time(self, value: bytes) -> int | None:
        """Return a record's own time, or None if it has no integer there."""
        try:
            return self._claims.decode(value).time
        except _UNREADABLE:
            return None

    def _check_clocks(
        self, records: Sequence[Decoded], values: Sequence[bytes], timestamps: Sequence[int | None]
    ) -> list[Decoded]:
        trios = zip(records, values, timestamps, strict=True)
        return [self._check_clock(record, value, timestamp) for record, value, timestamp in trios]

    def _check_clock(self, record: Decoded, value: bytes, timestamp: int | None) -> Decoded:
        if self.topic.role == "reference" or (isinstance(record, Refusal) and record.code != "TOO_LARGE"):
            return record
        event = self._decoder.decode(value) if isinstance(record, Refusal) else record
        ahead = _latest_time(event) - (event.occurred_at if timestamp is None else timestamp)
        if ahead > FUTURE_SLACK_MS:
            return Refusal("TIME_IN_FUTURE", f"{ahead} ms after the record timestamp")
        return record


def _joined(values: Sequence[bytes]) -> bytes | None:
    """Join values for one decode call, or return None if that call might not equal decoding one by one.

    Every newline of the text must lie between two objects: a closing brace before it, an opening brace after
    it. Then the numbers of decoded records and of values are equal only if each value is one record.
    """
    joined = b"\n".join(values)
    if joined.count(b"}\n{") != len(values) - 1 or joined.count(b"\n") != len(values) - 1:
        return None
    return joined if joined.startswith(b"{") and joined.endswith(b"}") else None


def _parse(value: bytes) -> Any:
    """Parse JSON with integers of any size, unknown fields included."""
    return json.loads(value.decode(), parse_int=_any_int, parse_constant=_refuse_constant)


def _any_int(digits: str) -> int:
    return int(digits) if len(digits) < _LONGEST_INT else MAX_AMOUNT + 1


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _may_be_too_long(field: object) -> bool:
    """Return whether a field may exceed 128 bytes of UTF-8; a character takes at most four."""
    return isinstance(field, list | dict) or (isinstance(field, str) and len(field) > MAX_ID_BYTES // 4)


def _latest_time(event: Any) -> int:
    if isinstance(event, OrderPaid | OrderCreated):
        return max(event.occurred_at, event.placed_at)
    if isinstance(event, Shipped):
        return max(event.occurred_at, event.shipped_at)
    return int(event.occurred_at)


def _checked(record: Decoded) -> Decoded:
    faults = [Refusal(code, detail) for code, detail in cross_field_faults(record)]
    return gravest(faults) if faults else record
