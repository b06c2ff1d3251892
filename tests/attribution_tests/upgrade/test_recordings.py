"""Each recording has the cases that matter, before and after its cut, and names no machine."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import pytest

from attribution.engine.producer_record import ProducerRecord
from attribution_tests.kafka_deployment.outputs import Logged, from_steps_alone
from attribution_tests.upgrade.recording import LoggedRow, Recording, name_of, read_gzip, recordings
from attribution_tests.upgrade.replay import Run, runs_of
from attribution_tests.upgrade.results import rows_of

EACH: Final = pytest.mark.parametrize("recording", recordings(), ids=name_of)
INPUTS: Final = ("governance", "clicks", "room-entries", "orders", "fulfilment", "tasks", "ticks")
CHANGES: Final = {"created", "paid", "refunded", "received", "settled", "closed", "chargeback"}
KINDS: Final = {"estimated", "corrected", "reversed", "confirmed", "settled"}
NOTES: Final = {"NO_CAMPAIGN", "BELOW_MIN_ORDER", "CAP_REACHED", "DUST"}
CODES: Final = {"CURRENCY_CLASH", "EVENT_ID_CLASH", "TOO_LATE", "MISSING_FIELD"}
PLACES: Final = (b"/tmp/", b"/home/", b"/root/", b"/work/", b"/Users/", b"127.0.0.1", b"localhost")


def values(records: Iterable[ProducerRecord], topic: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one.value) for one in records if one.topic == topic]


def written(records: Iterable[ProducerRecord]) -> dict[str, list[dict[str, Any]]]:
    logged = [
        Logged(one.topic, 0, number, one.timestamp, one.key.encode(), one.value)
        for number, one in enumerate(records)
    ]
    rows = rows_of(from_steps_alone(logged))
    return {topic: [msgspec.json.decode(row) for row in found] for topic, found in rows.items()}


def cases(outputs: dict[str, list[dict[str, Any]]]) -> Counter[str]:
    """Count the kinds and notes of postings, the kinds of decisions, and the codes of refusals."""
    found: Counter[str] = Counter()
    for posting in outputs["commissions"]:
        found.update((posting["kind"], posting.get("note", "no note")))
    for decision in outputs["decisions"]:
        found.update((decision["status"], "revision" if decision["revision"] > 1 else "first"))
    found.update(letter["code"] for letter in outputs["dead-letters"])
    return found


@EACH
def test_each_topic_and_each_change_is_before_and_after_the_cut(recording: Recording) -> None:
    first, second = recording.first(), recording.second()
    for part in (first, second):
        assert {one.topic for one in part} >= {*INPUTS, "links", "campaigns"}
        assert {order.get("type") for order in values(part, "orders")} >= CHANGES
        clicks = values(part, "clicks")
        assert {"buyer_id" in click for click in clicks} == {True, False}
        anonymous = {click["click_id"] for click in clicks if "buyer_id" not in click}
        assert {entry.get("click_id") for entry in values(part, "room-entries")} & anonymous
    continued = {order["order_id"] for order in values(first, "orders") if "order_id" in order}
    changed = {order["type"] for order in values(second, "orders") if order.get("order_id") in continued}
    assert changed >= CHANGES - {"created"}


@EACH
def test_each_result_comes_before_the_cut_and_more_after_it(recording: Recording) -> None:
    before = cases(written(recording.first()))
    whole = cases(written([*recording.first(), *recording.second()]))
    revised = {"attributed", "organic", "late_touch", "revision"}
    assert set(before) >= KINDS | NOTES | CODES | revised
    assert set(whole - before) >= KINDS | CODES | revised


@EACH
def test_copies_and_clashes_of_earlier_events_come_after_the_cut(recording: Recording) -> None:
    contents = dict(identified(recording.first()))
    again = [(contents[name], value) for name, value in identified(recording.second()) if name in contents]
    assert {before == after for before, after in again} == {True, False}


def identified(records: Iterable[ProducerRecord]) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    for one in records:
        value = msgspec.json.decode(one.value)
        if "event_id" in value:
            yield (one.topic, one.key, value["event_id"]), value


@EACH
def test_a_recording_names_no_machine(recording: Recording) -> None:
    files = [read_gzip(file) for file in recording.folder.rglob("*.gz")]
    inside = [part for row in recording.logged() for part in (row.key, row.value) if part]
    rows = [part for row in recording.stored() for part in (row.key, row.value)]
    assert [place for place in PLACES for data in (*files, *inside, *rows) if place in data] == []


def test_records_are_divided_at_the_gaps_between_their_offsets() -> None:
    rows = [LoggedRow("clicks", 0, offset, 0, None, b"") for offset in (0, 1, 3, 7)]
    expected = [Run(rows[:2], 1), Run(rows[2:3], 3), Run(rows[3:], 1)]
    assert list(runs_of(rows, end=9)) == expected
    assert list(runs_of(rows, end=8))[-1] == Run(rows[3:], 0)
