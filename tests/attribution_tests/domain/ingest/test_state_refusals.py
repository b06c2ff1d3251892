"""Refusals that need the state (contract, sections 1, 4 and 6): clashes, and orders that come too late."""

import base64
from typing import Any, Final

import msgspec
import pytest

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.processor.persistence import NOTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.domain.ingest.sample_records import (
    CHANGE,
    CLICK,
    ENTRY,
    NOW,
    PAID,
    SANCTION,
    TASK,
    TICK,
    VERDICT,
)

DAY: Final = 86_400_000
YEAR: Final = 365 * DAY


class Log:
    """Feeds records to a processor one by one, and returns its outputs."""

    def __init__(self) -> None:
        self.processor = Processor(MemoryStore(), DEFAULT_POLICY, Limits(None, YEAR), NOTHING)
        self._offset = 0

    def write(self, topic: str, value: dict[str, Any], timestamp: int = NOW, key: str | None = None) -> None:
        encoded = msgspec.json.encode({name: what for name, what in value.items() if what is not None})
        (event,) = TopicDecoder(BY_NAME[topic]).decode([encoded], [timestamp])
        rank = BY_NAME[topic].rank or 0
        self.processor.process([Record(timestamp, rank, 3, self._offset, topic, key, encoded, event)])
        self._offset += 1

    def letters(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(one.value) for one in self.processor.unit.outputs["dead-letters"]]

    def refused(self) -> list[tuple[str, int, str]]:
        """Return topic, offset and code of each dead letter."""
        return [(one["topic"], one["offset"], one["code"]) for one in self.letters()]

    def decisions(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(one.value) for one in self.processor.unit.outputs["decisions"]]


def change(kind: str, event_id: str | None = None, **fields: Any) -> dict[str, Any]:
    refund = {"refund_id": "r", "refund_amount": 10} if kind in {"refunded", "chargeback"} else {}
    return {**CHANGE, "event_id": event_id or kind, "type": kind, **refund, **fields}


KEYED: Final = [
    pytest.param("clicks", CLICK | {"buyer_id": "B"}, {"link_id": "M"}, id="click"),
    pytest.param(
        "clicks", CLICK | {"buyer_id": "B"}, {"click_id": "another"}, id="click-of-another-click-id"
    ),
    pytest.param("clicks", CLICK, {"link_id": "M"}, id="anonymous-click"),
    pytest.param("clicks", CLICK, {"occurred_at": NOW + 1}, id="anonymous-click-at-another-time"),
    pytest.param("room-entries", ENTRY, {"room_id": "S"}, id="room-entry"),
    pytest.param("room-entries", ENTRY, {"click_id": "k"}, id="room-entry-that-names-a-click"),
    pytest.param("orders", PAID, {"paid_amount": 101}, id="paid"),
    pytest.param("orders", PAID, {"order_id": "another"}, id="paid-of-another-order"),
    pytest.param("orders", PAID, {"type": "created"}, id="created-as-paid"),
    pytest.param("orders", change("refunded"), {"refund_amount": 11}, id="refunded"),
    pytest.param("orders", change("refunded"), {"type": "chargeback"}, id="refunded-as-chargeback"),
    pytest.param("orders", change("received"), {"occurred_at": NOW + 1}, id="received"),
    pytest.param("fulfilment", VERDICT, {"verdict": "false_shipping"}, id="fulfilment"),
    pytest.param("governance", SANCTION, {"action": "freeze"}, id="governance"),
    pytest.param("tasks", TASK, {"value": 2}, id="tasks"),
    pytest.param("ticks", TICK, {"occurred_at": NOW + 1}, id="ticks"),
]


@pytest.mark.parametrize(("topic", "value", "changed"), KEYED)
@pytest.mark.parametrize("later", [0, 60_000, -60_000])
def test_other_content_under_a_known_event_id_is_a_clash(
    topic: str, value: dict[str, Any], changed: dict[str, Any], later: int
) -> None:
    """The first content that was read stays, whatever the record timestamps."""
    log = Log()
    log.write(topic, value)
    log.write(topic, value | changed, NOW + later)
    log.write(topic, value, NOW + 1)
    assert log.refused() == [(topic, 1, "EVENT_ID_CLASH")]


@pytest.mark.parametrize(
    ("topic", "value", "changed"),
    [
        ("clicks", CLICK | {"buyer_id": "B"}, {"buyer_id": "A"}),
        ("clicks", CLICK | {"buyer_id": "B"}, {"buyer_id": None}),
        ("clicks", CLICK, {"click_id": "another"}),
        ("room-entries", ENTRY, {"buyer_id": "A"}),
        ("orders", PAID, {"buyer_id": "A", "order_id": "another"}),
        ("orders", PAID, {"event_id": "paid again", "paid_amount": 101}),
    ],
)
def test_an_event_id_under_another_key_is_another_event(
    topic: str, value: dict[str, Any], changed: dict[str, Any]
) -> None:
    log = Log()
    log.write(topic, value)
    log.write(topic, value | changed)
    assert log.refused() == []


def test_each_topic_has_its_own_event_ids() -> None:
    log = Log()
    for topic, value in (("clicks", CLICK | {"buyer_id": "B"}), ("room-entries", ENTRY), ("orders", PAID)):
        log.write(topic, value | {"event_id": "same"})
    assert log.refused() == []


def test_a_clash_changes_nothing_and_later_records_are_processed() -> None:
    log = Log()
    log.write("orders", PAID)
    log.write("clicks", CLICK | {"buyer_id": "B"})
    log.write("clicks", CLICK | {"buyer_id": "B", "link_id": "M"})
    log.write("clicks", CLICK | {"buyer_id": "B", "event_id": "d"})
    touches = [[one["link_id"] for one in decision["candidates"]] for decision in log.decisions()]
    assert touches == [[], ["L"], ["L", "L"]]
    assert log.refused() == [("clicks", 2, "EVENT_ID_CLASH")]


def test_each_record_that_clashes_is_a_dead_letter() -> None:
    log = Log()
    for link_id in ("L", "M", "L", "M", "N"):
        log.write("clicks", CLICK | {"buyer_id": "B", "link_id": link_id})
    assert [offset for _, offset, _ in log.refused()] == [1, 3, 4]
    assert log.processor.unit.counts["dead_letters", "EVENT_ID_CLASH"] == 3


@pytest.mark.parametrize("kind", ["received", "closed", "settled", "refunded", "chargeback"])
def test_another_currency_after_the_paid_event_is_a_clash(kind: str) -> None:
    log = Log()
    log.write("orders", PAID)
    log.write("orders", change(kind, currency="USD"))
    log.write("orders", change("received", "good", currency="CNY"))
    assert log.refused() == [("orders", 1, "CURRENCY_CLASH")]


@pytest.mark.parametrize("kind", ["received", "closed", "settled", "refunded", "chargeback"])
def test_another_currency_before_the_paid_event_is_a_clash(kind: str) -> None:
    """The clash shows when the paid event is read. The dead letter has the event's own place in the log."""
    log = Log()
    log.write("orders", change(kind, currency="USD"), NOW - 5, key="its key")
    assert log.refused() == []
    log.write("orders", PAID)
    (letter,) = log.letters()
    value = letter.pop("value")
    assert msgspec.json.decode(base64.b64decode(value))["event_id"] == kind
    detail = "names USD, the order's paid event CNY"
    assert {
        name: letter[name] for name in ("topic", "partition", "offset", "timestamp", "code", "detail", "key")
    } == {
        "topic": "orders",
        "partition": 3,
        "offset": 0,
        "timestamp": NOW - 5,
        "code": "CURRENCY_CLASH",
        "detail": detail,
        "key": "its key",
    }


def test_created_and_a_second_paid_event_may_clash_too() -> None:
    log = Log()
    log.write("orders", PAID | {"event_id": "created", "type": "created", "currency": "USD"})
    log.write("orders", PAID)
    log.write("orders", PAID | {"event_id": "paid later", "currency": "JPY"}, NOW + 1)
    assert log.refused() == [("orders", 0, "CURRENCY_CLASH"), ("orders", 2, "CURRENCY_CLASH")]


@pytest.mark.parametrize("currency", [None, "CNY"])
def test_the_orders_own_currency_or_none_is_no_clash(currency: str | None) -> None:
    log = Log()
    log.write("orders", change("refunded", currency=currency))
    log.write("orders", PAID)
    log.write("orders", change("received", currency=currency))
    assert log.refused() == []


def test_a_clash_is_reported_once() -> None:
    log = Log()
    log.write("orders", PAID)
    for copy in range(3):
        log.write("orders", change("refunded", currency="USD"), NOW + copy)
    log.write("orders", change("received"))
    assert log.refused() == [("orders", 1, "CURRENCY_CLASH")]


def test_a_paid_event_recorded_earlier_sets_the_currency() -> None:
    """The paid event that counted so far now clashes. The refund that clashed so far no longer does."""
    log = Log()
    log.write("orders", PAID, NOW)
    log.write("orders", change("refunded", currency="USD"), NOW + 1)
    log.write("orders", PAID | {"event_id": "earlier", "currency": "USD"}, NOW - 1)
    assert log.refused() == [("orders", 1, "CURRENCY_CLASH"), ("orders", 0, "CURRENCY_CLASH")]


@pytest.mark.parametrize(("delay", "codes"), [(7 * DAY, []), (7 * DAY + 1, ["TOO_LATE"])])
def test_a_paid_event_long_after_the_order_is_too_late(delay: int, codes: list[str]) -> None:
    log = Log()
    log.write("orders", PAID, NOW + delay)
    assert [code for _, _, code in log.refused()] == codes
    assert len(log.decisions()) == 1 - len(codes)


@pytest.mark.parametrize("kind", ["created", "received", "refunded", "settled", "closed", "chargeback"])
def test_only_a_paid_event_can_be_too_late(kind: str) -> None:
    log = Log()
    log.write(
        "orders",
        PAID | {"event_id": "x", "type": "created"} if kind == "created" else change(kind),
        NOW + 99 * DAY,
    )
    assert log.refused() == []


def test_a_late_copy_of_a_paid_event_is_not_refused() -> None:
    log = Log()
    log.write("orders", PAID)
    log.write("orders", PAID, NOW + 8 * DAY)
    assert log.refused() == []


def test_a_copy_in_time_counts_although_another_was_too_late() -> None:
    log = Log()
    log.write("orders", PAID, NOW + 8 * DAY)
    log.write("orders", PAID, NOW)
    assert log.refused() == [("orders", 0, "TOO_LATE")]
    assert [decision["order_id"] for decision in log.decisions()] == ["O"]


def test_a_late_event_that_also_clashes_is_a_clash() -> None:
    """The refusal names the first fault in the order of the codes."""
    log = Log()
    log.write("orders", PAID)
    log.write("orders", PAID | {"paid_amount": 101}, NOW + 8 * DAY)
    assert log.refused() == [("orders", 1, "EVENT_ID_CLASH")]


def test_a_dead_letter_keeps_the_first_64_kib_of_the_value() -> None:
    log = Log()
    log.write("ticks", {"event_id": 1, "padding": "x" * 100_000}, key="k")
    (letter,) = log.letters()
    kept = base64.b64decode(letter["value"])
    assert (len(kept), letter["value_bytes"]) == (65_536, len(b'{"event_id":1,"padding":""}') + 100_000)
    assert kept.startswith(b'{"event_id":1,"padding":"xxx')
    assert (letter["code"], letter["key"], letter["partition"]) == ("WRONG_TYPE", "k", 3)
