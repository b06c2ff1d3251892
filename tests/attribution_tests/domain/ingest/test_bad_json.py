"""Values that are not one JSON value (contract, section 6), alone and in pairs that look valid when joined."""

import pytest

from attribution_tests.domain.ingest.read_outcomes import encoded, outcomes, refused
from attribution_tests.domain.ingest.sample_records import TICK


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"{",
        b"}",
        b'{"event_id":"t","occurred_at":1700000000000',
        b'{"event_id":"t","occurred_at":1700000000000,}',
        b'{"event_id":"t","occurred_at":01}',
        b'{"event_id":"t","occurred_at":+1}',
        b'{"event_id":"t","occurred_at":NaN}',
        b"{'event_id':'t'}",
        b'{"event_id":"t" "occurred_at":1700000000000}',
        b'{"event_id":"\xff","occurred_at":1700000000000}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\xff"}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\xc3"}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\\ud800"}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\\q"}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\t"}',
        b'{"event_id":"t","occurred_at":1700000000000,"more":"\n"}',
        b'{"event_id":"t\x00","occurred_at":1700000000000}',
        b'\xef\xbb\xbf{"event_id":"t","occurred_at":1700000000000}',
        b"not json at all",
        b"\x00\x01\x02",
        b'{"more":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_bad_json(value: bytes) -> None:
    assert refused("ticks", value) == "BAD_JSON"


@pytest.mark.parametrize("between", [b"", b" ", b"\n", b"\r\n", b",", b"\n\n"])
def test_two_objects_in_one_value_are_bad_json(between: bytes) -> None:
    one = encoded(TICK)
    assert refused("ticks", one + between + one) == "BAD_JSON"


@pytest.mark.parametrize(
    "value",
    [
        b'{\n  "event_id": "t",\n  "occurred_at": 1700000000000\n}',
        b'{"event_id":"t","occurred_at":1700000000000}\n',
        b'\n{"event_id":"t","occurred_at":1700000000000}',
        b' \t\r\n{"event_id":"t","occurred_at":1700000000000} ',
        b'{"event_id":"t","occurred_at":1700000000000,"more":{}\n,"and":{\n}}',
    ],
)
def test_a_value_may_hold_newlines(value: bytes) -> None:
    assert refused("ticks", value) == "read"


@pytest.mark.parametrize(
    "values",
    [
        [encoded(TICK) + b'\n{"event_id":"u"', b',"occurred_at":1700000000000}'],
        [encoded(TICK)[:-1], b"}\n" + encoded(TICK)],
        [encoded(TICK) + b"\n{", b'"event_id":"u","occurred_at":1700000000000}'],
        [encoded(TICK)[:-1] + b',"more":{}', encoded(TICK)[1:] + b"\n" + encoded(TICK)],
        [encoded(TICK) + encoded(TICK)[:-1] + b',"more":{}', b'{"x":1}}'],
        [encoded(TICK)[:-1] + b',"more":"}', b'{"}' + encoded(TICK)],
        [encoded(TICK) + b"\n" + encoded(TICK), b""],
        [b"", encoded(TICK) + b"\n" + encoded(TICK)],
        [encoded(TICK)[:-1] + b',"more":[{}', b"{}]}\n" + encoded(TICK)],
    ],
)
def test_two_broken_values_that_look_valid_when_joined_are_bad_json(values: list[bytes]) -> None:
    """Joined by a newline, each pair has as many objects as values. Read one by one, no value is valid."""
    assert outcomes("ticks", values) == ["BAD_JSON", "BAD_JSON"]
