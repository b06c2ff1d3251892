"""Values of one topic become records or refusals."""

import json
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from attribution.domain.ingest.cross_field import cross_field_faults
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
    """Reads the values of one topic.

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
        """Decode values; each becomes a record or a refusal, in its place.

        ``timestamps`` are the records' (milliseconds); without one a record has its own time.
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
        """Return bare records' timestamps: each its own time, or that of the one before where it tells none."""
        timestamps = []
        for start in range(0, len(values), _SMALL_BATCH):
            for time in self._claimed_together(values[start : start + _SMALL_BATCH]):
                before = time if time is not None and MIN_TIME <= time <= MAX_TIME else before
                timestamps.append(before)
        return timestamps

    def _decode_many(self, values: Sequence[bytes]) -> list[Decoded]:
        """Decode all values at once; where one of them needs a closer look, in smaller lots, then one by one."""
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
        """Check what the decoder can't: limits in bytes of UTF-8, rules between fields."""
        is_plain = value.isascii() and b"\\u" not in value
        if not is_plain and any(map(_may_be_too_long, msgspec.structs.astuple(record))):
            return self._diagnose(value)
        return _checked(record)

    def _diagnose(self, value: bytes) -> Decoded:
        try:
            parsed = _parse(value)
        except (*_UNREADABLE, ValueError) as error:
            return Refusal("BAD_JSON", str(error)[:200])
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
        """Return what a record says of its own time, if that is an integer at all."""
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
    """Join values so that decoding all at once is the same as one by one, or return None where it is not.

    Every newline of the text must lie between two objects (a closing brace before, an opening one behind): then the
    number of decoded records equals that of the values only if each value is one record.
    """
    joined = b"\n".join(values)
    if joined.count(b"}\n{") != len(values) - 1 or joined.count(b"\n") != len(values) - 1:
        return None
    return joined if joined.startswith(b"{") and joined.endswith(b"}") else None


def _parse(value: bytes) -> Any:
    """Parse JSON whose numbers may be of any size, also where nothing reads them."""
    return json.loads(value.decode(), parse_int=_any_int, parse_constant=_refuse_constant)


def _any_int(digits: str) -> int:
    return int(digits) if len(digits) < _LONGEST_INT else MAX_AMOUNT + 1


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _may_be_too_long(field: object) -> bool:
    """Tell whether a field may take more than 128 bytes of UTF-8: four a character at the most."""
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
