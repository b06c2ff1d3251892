"""A refused record whose producer's mistake is known is told by it, not only by what is missing."""

import json
from typing import Any, Final

import pytest

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import BY_NAME
from attribution_tests.domain.ingest.sample_records import CLICK, PAID

CLICKS: Final = TopicDecoder(BY_NAME["clicks"])
ORDERS: Final = TopicDecoder(BY_NAME["orders"])


def refusal(decoder: TopicDecoder, value: bytes | dict[str, Any]) -> Refusal:
    (found,) = decoder.decode([value if isinstance(value, bytes) else json.dumps(value).encode()])
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b"", "the value is empty"),
        (b"\0\0\0\1\2" + json.dumps(CLICK).encode(), "schema registry's frame (schema id 258)"),
        (b"\0\0\0\1\2", "schema registry's frame (schema id 258)"),
    ],
)
def test_what_is_no_json_is_named(value: bytes, detail: str) -> None:
    found = refusal(CLICKS, value)
    assert (found.code, detail in found.detail) == ("BAD_JSON", True)


@pytest.mark.parametrize("value", [b"\0", b"\0\0\0\0", b"{", b"\xff"])
def test_other_bytes_keep_the_words_of_the_parser(value: bytes) -> None:
    found = refusal(CLICKS, value)
    assert found.code == "BAD_JSON"
    assert "registry" not in found.detail


@pytest.mark.parametrize(
    ("wrapped", "place"),
    [
        ({"payload": CLICK}, "$.payload"),
        (
            {"schema": {"type": "struct"}, "payload": {"before": None, "after": CLICK, "op": "c"}},
            "$.payload.after",
        ),
        ({"meta": {"id": 1}, "data": CLICK}, "$.data"),
    ],
)
def test_an_envelope_is_named(wrapped: dict[str, Any], place: str) -> None:
    found = refusal(CLICKS, wrapped)
    assert found.code == "MISSING_FIELD"
    assert (
        found.detail == f"$.event_id is missing; the record seems to be wrapped in {place}: publish it alone"
    )


def test_an_envelope_of_an_order_is_named() -> None:
    found = refusal(ORDERS, {"value": PAID})
    assert found.detail == "$.type is missing; the record seems to be wrapped in $.value: publish it alone"


def test_an_envelope_is_looked_for_three_levels_deep() -> None:
    deep = {"a": {"b": {"c": CLICK}}}
    assert "wrapped in $.a.b.c" in refusal(CLICKS, deep).detail
    assert refusal(CLICKS, {"z": deep}).detail == "$.event_id is missing"


@pytest.mark.parametrize(("twin", "name"), [("eventId", "event_id"), ("clickId", "click_id")])
def test_a_name_in_camel_case_is_named(twin: str, name: str) -> None:
    fields = {key: value for key, value in CLICK.items() if key != name} | {twin: CLICK[name]}
    assert refusal(CLICKS, fields).detail == f"$.{name} is missing; there is {twin}: names have underscores"


def test_an_object_with_few_of_the_fields_is_no_envelope() -> None:
    assert refusal(CLICKS, {"click": {"event_id": "e"}}).detail == "$.event_id is missing"


@pytest.mark.parametrize("currency", ["BGN", "HRK", "ANG", "SLL", "LTL", "BYR"])
def test_a_currency_that_was_withdrawn_since_2010_is_known(currency: str) -> None:
    (found,) = ORDERS.decode([json.dumps({**PAID, "currency": currency}).encode()])
    assert found.currency == currency


@pytest.mark.parametrize("currency", ["SKK", "DEM", "XAU", "cny"])
def test_other_codes_are_unknown(currency: str) -> None:
    assert refusal(ORDERS, {**PAID, "currency": currency}).code == "UNKNOWN_VALUE"
