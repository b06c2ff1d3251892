"""Invalid lines among valid ones: each becomes a dead letter, and the run continues."""

import base64
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from attribution.errors import InputError
from attribution_tests.hosts.embedded import embedded_runs as runs

KIB: Final = 1024
KEPT: Final = 64 * KIB
T: Final = runs.T


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


def encoded(**fields: Any) -> bytes:
    return msgspec.json.encode(runs.paid(900, **fields))


BROKEN: Final = {
    "blank": (b"", "BAD_JSON"),
    "spaces": (b" \t ", "BAD_JSON"),
    "a carriage return": (b"\r", "BAD_JSON"),
    "not JSON": (b"what is this?", "BAD_JSON"),
    "half a record": (encoded()[:-5], "BAD_JSON"),
    "two records": (encoded() + encoded(), "BAD_JSON"),
    "a zero": (b"\0", "BAD_JSON"),
    "a byte order mark": (b"\xef\xbb\xbf" + encoded(), "BAD_JSON"),
    "not UTF-8": (encoded(category="?").replace(b'"?"', b'"\xff"'), "BAD_JSON"),
    "half a surrogate pair": (encoded(category="?").replace(b'"?"', b'"\\ud800"'), "BAD_JSON"),
    "very deep": (b"[" * 100_000, "BAD_JSON"),
    "1 MB that is not JSON": (b"x" * 1_000_000, "BAD_JSON"),
    "a number": (b"5", "WRONG_TYPE"),
    "null": (b"null", "WRONG_TYPE"),
    "an array": (b"[" + encoded() + b"]", "WRONG_TYPE"),
    "a fraction": (encoded(paid_amount=1.0), "WRONG_TYPE"),
    "a boolean": (encoded(quantity=True), "WRONG_TYPE"),
    "an empty object": (b"{}", "MISSING_FIELD"),
    "no order_id": (msgspec.json.encode(without(runs.paid(900), "order_id")), "MISSING_FIELD"),
    "an unknown type": (encoded(type="lost"), "UNKNOWN_VALUE"),
    "an unknown currency": (encoded(currency="XYZ"), "UNKNOWN_VALUE"),
    "a long id": (encoded(order_id="o" * 129), "TOO_LONG"),
    "an empty id": (encoded(order_id=""), "OUT_OF_RANGE"),
    "too much money": (encoded(paid_amount=10**15 + 1), "OUT_OF_RANGE"),
    "a time before 2010": (encoded(placed_at=1_000), "TIME_OUT_OF_RANGE"),
    "an absurd time": (encoded(occurred_at=10**30), "TIME_OUT_OF_RANGE"),
    "a time in the future": (encoded(placed_at=T + 900 + 600_001), "TIME_IN_FUTURE"),
    "too large": (encoded(padding="x" * 256 * KIB), "TOO_LARGE"),
    "1 MB of JSON": (encoded(padding="x" * 1_000_000), "TOO_LARGE"),
    "a repeated event_id": (encoded(event_id="p0", order_id="o0"), "EVENT_ID_CLASH"),
    "too late": (encoded(placed_at=T - 8 * runs.DAY), "TOO_LATE"),
}
KNOWN: Final = [pytest.param(*what, id=name) for name, what in BROKEN.items()]
EMBEDDABLE: Final = [
    pytest.param(value, code, id=name) for name, (value, code) in BROKEN.items() if code != "BAD_JSON"
]


def letters(output: Path) -> list[dict[str, Any]]:
    return runs.decoded(output, "dead-letters")


def check_letter(letter: dict[str, Any], code: str, value: bytes, **more: Any) -> None:
    assert letter.pop("detail")
    assert base64.b64decode(letter.pop("value"), validate=True) == value[:KEPT]
    assert letter == {"partition": 0, "code": code, "key": None, "value_bytes": len(value), **more}


def own_time(value: bytes, before: int) -> int:
    """Return the own time of a line if it is an object with one. Bytes that are not UTF-8 do not matter."""
    try:
        fields = msgspec.json.decode(value.decode(errors="replace"), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return before
    return T + 900 if fields.get("occurred_at") == T + 900 else before


@pytest.mark.parametrize("is_sorted", [True, False], ids=["sorted", "unsorted"])
@pytest.mark.parametrize(("value", "code"), KNOWN)
def test_a_broken_line_of_a_file(value: bytes, code: str, is_sorted: bool, tmp_path: Path) -> None:
    """Its time is its own, or else that of the line before. Its offset is its line number."""
    data, output = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    early, late = runs.orders(range(5)), runs.orders(range(1_000, 1_005))
    text = early + value + b"\n" + late if is_sorted else late + early + value + b"\n"
    (data / "orders.ndjson").write_bytes(text)
    (data / "clicks.ndjson").write_bytes(runs.line(runs.click(0, buyer_id="C")))
    (step,) = runs.process(runs.plan_for(data, output))
    assert step.consumed == {"orders": 11, "clicks": 1}
    assert runs.decided(output) == [f"o{number}" for number in (*range(5), *range(1_000, 1_005))]
    (letter,) = letters(output)
    check_letter(
        letter, code, value, topic="orders", offset=5 if is_sorted else 10, timestamp=own_time(value, T + 4)
    )


@pytest.mark.parametrize(("value", "code"), EMBEDDABLE)
def test_a_broken_value_of_a_stream(value: bytes, code: str, tmp_path: Path) -> None:
    """Its offset is counted within its topic. Its timestamp is that of the envelope."""
    lines = [
        runs.envelopes(range(3)),
        runs.envelope("clicks", runs.click(0, buyer_id="C")),
        runs.envelope("orders", value, T + 900),
        runs.envelopes(range(1_000, 1_003)),
    ]
    (tmp_path / "stream").write_bytes(b"".join(lines))
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out"))
    assert runs.decided(tmp_path / "out") == ["o0", "o1", "o2", "o1000", "o1001", "o1002"]
    (letter,) = letters(tmp_path / "out")
    check_letter(letter, code, value, topic="orders", offset=3, timestamp=T + 900)


def enveloped(**fields: Any) -> bytes:
    return msgspec.json.encode({"topic": "orders", "value": runs.paid(900), **fields})


ENVELOPES: Final = {
    "blank": (b"", "BAD_JSON"),
    "not JSON": (b"what is this?", "BAD_JSON"),
    "half": (enveloped()[:-5], "BAD_JSON"),
    "two": (enveloped() + enveloped(), "BAD_JSON"),
    "a value that is not JSON": (b'{"topic":"orders","value":{"a":tru}}', "BAD_JSON"),
    "not UTF-8": (b'{"topic":"orders","value":{"a":"\xff"}}', "BAD_JSON"),
    "half a surrogate pair": (b'{"topic":"orders","key":"\\ud800","value":{}}', "BAD_JSON"),
    "very deep": (b'{"topic":"orders","value":' + b"[" * 100_000, "BAD_JSON"),
    "1 MB": (b"x" * 1_000_000, "BAD_JSON"),
    "a number": (b"5", "WRONG_TYPE"),
    "an array": (b"[]", "WRONG_TYPE"),
    "a timestamp in a string": (enveloped(timestamp=str(T)), "WRONG_TYPE"),
    "a timestamp with a fraction": (enveloped(timestamp=float(T)), "WRONG_TYPE"),
    "a timestamp that is true": (enveloped(timestamp=True), "WRONG_TYPE"),
    "a numeric key": (enveloped(key=5), "WRONG_TYPE"),
    "a numeric topic": (enveloped(topic=5), "WRONG_TYPE"),
    "no value": (b'{"topic":"orders"}', "MISSING_FIELD"),
    "no topic": (b'{"value":{}}', "MISSING_FIELD"),
    "neither topic nor value": (b'{"topic":"nonsense"}', "MISSING_FIELD"),
    "an unknown topic": (enveloped(topic="nonsense"), "UNKNOWN_VALUE"),
    "an output topic": (enveloped(topic="decisions"), "UNKNOWN_VALUE"),
}


@pytest.mark.parametrize(("line", "code"), [pytest.param(*what, id=name) for name, what in ENVELOPES.items()])
def test_a_broken_envelope(line: bytes, code: str, tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    stream.write_bytes(line + b"\n" + runs.envelopes(range(3)))
    runs.process(runs.plan_for(stream, tmp_path / "out"))
    assert runs.decided(tmp_path / "out") == ["o0", "o1", "o2"]
    (letter,) = letters(tmp_path / "out")
    check_letter(letter, code, line, topic="input", offset=0, timestamp=0)


def test_a_broken_envelope_has_its_line_number_and_the_preceding_time(tmp_path: Path) -> None:
    lines = [runs.envelopes(range(3)), b"broken\n", runs.envelopes(range(3, 6)), b"broken\n"]
    (tmp_path / "stream").write_bytes(b"".join(lines))
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out"))
    found = [(letter["offset"], letter["timestamp"]) for letter in letters(tmp_path / "out")]
    assert found == [(3, T + 2), (7, T + 5)]


def test_a_dead_letter_has_the_key_of_its_envelope(tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(enveloped(key="schlüssel", value={}) + b"\n")
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out"))
    assert letters(tmp_path / "out")[0]["key"] == "schlüssel"


@pytest.mark.parametrize("topic", ["ticks", "clicks", "links"])
@pytest.mark.parametrize("timestamp", [10**18, 2**63 - 1, 2**64, 10**30])
def test_an_absurd_timestamp_is_refused_and_harms_nothing(timestamp: int, topic: str, tmp_path: Path) -> None:
    """Contract, section 6: a time outside 2010..2100 is refused."""
    value = {
        "ticks": {"event_id": "t", "occurred_at": T},
        "clicks": runs.click(0, event_id="another"),
        "links": runs.link(),
    }[topic]
    lines = [
        runs.envelope(topic, value, timestamp),
        runs.envelope("clicks", runs.click(0)),
        runs.envelopes([5]),
    ]
    (tmp_path / "stream").write_bytes(b"".join(lines))
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out", tmp_path / "state"))
    assert runs.decided(tmp_path / "out") == ["o5"]
    assert runs.decoded(tmp_path / "out", "decisions")[0]["candidates_total"] == 1
    (letter,) = letters(tmp_path / "out")
    check_letter(letter, "TIME_OUT_OF_RANGE", msgspec.json.encode(value), topic=topic, offset=0, timestamp=0)


def test_a_refused_timestamp_counts_as_a_record_of_its_topic(tmp_path: Path) -> None:
    """It has the topic's next offset, the preceding time, and its own key; an unknown topic has none of these."""
    lines = [
        runs.envelopes(range(3)),
        enveloped(timestamp=10**18, key="B") + b"\n",
        runs.envelopes([5]),
        enveloped(timestamp=10**18, topic="nonsense") + b"\n",
    ]
    (tmp_path / "stream").write_bytes(b"".join(lines))
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out"))
    found = [
        tuple(map(one.get, ("topic", "offset", "timestamp", "key"))) for one in letters(tmp_path / "out")
    ]
    assert found == [("orders", 3, T + 2, "B"), ("input", 5, T + 5, None)]


def test_many_broken_lines_among_good_ones(tmp_path: Path) -> None:
    """In a file of more than one block, steps of any size give the same bytes and skip nothing."""
    data = tmp_path / "data"
    data.mkdir()
    broken = [value for value, code in BROKEN.values() if code != "EVENT_ID_CLASH"]
    lines = [
        runs.orders([number]) + broken[number % len(broken)] + b"\n" for number in range(5 * len(broken))
    ]
    (data / "orders.ndjson").write_bytes(b"".join(lines))
    plan = runs.plan_for(data, tmp_path / "out")
    runs.process(plan)
    assert runs.decided(plan.output) == [f"o{number}" for number in range(len(lines))]
    found = letters(plan.output)
    assert sorted(letter["offset"] for letter in found) == list(range(1, 2 * len(lines), 2))
    for letter in found:
        value = broken[letter["offset"] // 2 % len(broken)]
        assert base64.b64decode(letter["value"]) == value[:KEPT]
    in_steps = plan._replace(output=tmp_path / "steps", state=tmp_path / "state", step_records=3)
    runs.process(in_steps)
    assert runs.files_of(in_steps.output) == runs.files_of(plan.output)


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "directory"])
def test_line_endings_change_nothing(is_stream: bool, tmp_path: Path) -> None:
    """The variants are carriage returns and a last line without newline."""
    text = runs.envelopes(range(5)) if is_stream else runs.orders(range(5))
    outputs = []
    for number, variant in enumerate((text, text[:-1], text.replace(b"\n", b"\r\n"))):
        source = tmp_path / f"data-{number}"
        source.mkdir()
        (source / "orders.ndjson").write_bytes(variant)
        output = tmp_path / f"out-{number}"
        runs.process(runs.plan_for(source / "orders.ndjson" if is_stream else source, output))
        outputs.append(runs.files_of(output))
    assert outputs[0]["decisions.ndjson"].count(b"\n") == 5
    assert outputs[0]["dead-letters.ndjson"] == b""
    assert outputs[1:] == outputs[:1] * 2


def test_blank_lines_at_the_end_are_dead_letters(tmp_path: Path) -> None:
    """Nothing is skipped silently."""
    (tmp_path / "stream").write_bytes(runs.envelopes(range(2)) + b"\n\n")
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out"))
    assert [letter["value_bytes"] for letter in letters(tmp_path / "out")] == [0, 0]


def test_empty_files_are_empty_topics(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for topic in ("clicks", "links", "ticks"):
        (data / f"{topic}.ndjson").touch()
    (data / "orders.ndjson").write_bytes(runs.orders(range(2)))
    runs.process(runs.plan_for(data, tmp_path / "out"))
    assert runs.decided(tmp_path / "out") == ["o0", "o1"]


def test_an_empty_stream_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "stream").touch()
    assert runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "out")) == []
    assert set(runs.files_of(tmp_path / "out").values()) == {b""}


def test_a_directory_without_input_files_is_66(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "click.ndjson").write_bytes(runs.orders([0]))
    code, said = runs.run_program("-i", data, "-o", tmp_path / "out", folder=tmp_path)
    assert code == 66
    assert said.startswith(f"error: {data} has none of the input files: links.ndjson, ")
    assert not (tmp_path / "out").exists()


def test_a_missing_input_is_66(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        runs.process(runs.plan_for(tmp_path / "nothing", tmp_path / "out"))
    assert not (tmp_path / "out").exists()
