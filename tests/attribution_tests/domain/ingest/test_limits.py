"""Texts, amounts, times and sizes (contract, section 6): each limit, and one byte, unit or ms beyond it."""

import json
from typing import Any, Final

import pytest

from attribution_tests.domain.ingest.read_outcomes import encoded, refused
from attribution_tests.domain.ingest.sample_records import (
    CAMPAIGN,
    CLICK,
    ENTRY,
    LARGEST,
    LAST,
    LINK,
    NOW,
    PAID,
    POLICY,
    PROMOTER,
    REFUND,
    SANCTION,
    SHIPPED,
    SLACK,
    TASK,
    TICK,
    TWO_BYTES,
    VERDICT,
)

FIRST: Final = 1_262_304_000_000
"""2010-01-01T00:00:00Z."""
FOUR_BYTES: Final = "😀"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 128, "read"),
        ("x" * 129, "TOO_LONG"),
        (TWO_BYTES * 64, "read"),
        (TWO_BYTES * 64 + "x", "TOO_LONG"),
        (FOUR_BYTES * 32, "read"),
        (FOUR_BYTES * 32 + "x", "TOO_LONG"),
        ("x" * 127 + TWO_BYTES, "TOO_LONG"),
        ("x" * 126 + TWO_BYTES, "read"),
        ("", "OUT_OF_RANGE"),
        ("\x00", "read"),
        (" ", "read"),
    ],
)
@pytest.mark.parametrize(
    ("topic", "fields", "name"),
    [
        ("ticks", TICK, "event_id"),
        ("clicks", CLICK, "buyer_id"),
        ("orders", REFUND, "refund_id"),
        ("links", LINK, "pid"),
    ],
)
@pytest.mark.parametrize("escaped", [False, True])
def test_an_id_has_1_to_128_bytes_of_utf_8(
    topic: str, fields: dict[str, Any], name: str, text: str, expected: str, *, escaped: bool
) -> None:
    """Written as UTF-8, or as \\u escapes."""
    value = json.dumps(fields | {name: text}).encode() if escaped else encoded(fields | {name: text})
    assert refused(topic, value) == expected


@pytest.mark.parametrize(
    ("topic", "fields", "changed", "expected"),
    [
        ("clicks", CLICK, {"external_info": FOUR_BYTES * 40}, "read"),
        ("clicks", CLICK, {"external_info": "x" * 41}, "TOO_LONG"),
        ("clicks", CLICK, {"external_info": ""}, "read"),
        ("clicks", CLICK, {"channel": ""}, "read"),
        ("clicks", CLICK, {"channel": TWO_BYTES * 65}, "TOO_LONG"),
        ("orders", PAID, {"tags": ["x", TWO_BYTES * 65]}, "TOO_LONG"),
        ("orders", PAID, {"tags": ["x", TWO_BYTES * 64]}, "read"),
        ("promoters", PROMOTER, {"own_buyer_ids": [FOUR_BYTES * 33]}, "TOO_LONG"),
        ("promoters", PROMOTER, {"own_buyer_ids": [""]}, "OUT_OF_RANGE"),
        ("governance", SANCTION, {"party": "promoter:" + "x" * 128}, "read"),
        ("governance", SANCTION, {"party": "promoter:" + "x" * 136}, "TOO_LONG"),
        ("campaigns", CAMPAIGN, {"tier_bonus_ppm": {TWO_BYTES * 65: 1}}, "TOO_LONG"),
        ("policies", POLICY, {"link_policies": [{"code": TWO_BYTES * 65}]}, "TOO_LONG"),
    ],
)
def test_other_texts_have_their_limits(
    topic: str, fields: dict[str, Any], changed: dict[str, Any], expected: str
) -> None:
    assert refused(topic, encoded(fields | changed)) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {
            "bonus": {
                "amount": 1,
                "currency": "CNY",
                "payer": "merchant:" + TWO_BYTES * 100,
                "beneficiary": "platform",
            }
        },
        {"subsidy": {"rate_ppm": 1, "cap_per_order": 1, "beneficiary": "merchant:" + TWO_BYTES * 100}},
    ],
)
def test_an_account_within_a_struct_has_its_limit_too(changed: dict[str, Any]) -> None:
    assert refused("campaigns", encoded(CAMPAIGN | changed)) == "TOO_LONG"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "read"),
        (10**15, "read"),
        (10**15 + 1, "OUT_OF_RANGE"),
        (-1, "OUT_OF_RANGE"),
        (10**30, "OUT_OF_RANGE"),
    ],
)
@pytest.mark.parametrize(
    ("topic", "fields", "name"),
    [
        ("orders", PAID, "paid_amount"),
        ("orders", PAID, "commissionable_amount"),
        ("orders", PAID, "quantity"),
        ("orders", REFUND, "refund_amount"),
        ("tasks", TASK, "value"),
        ("campaigns", CAMPAIGN, "min_order_amount"),
    ],
)
def test_amounts_lie_between_0_and_10_to_the_15(
    topic: str, fields: dict[str, Any], name: str, amount: int, expected: str
) -> None:
    assert refused(topic, encoded(fields | {name: amount})) == expected


@pytest.mark.parametrize(
    ("ppm", "expected"), [(0, "read"), (10**6, "read"), (10**6 + 1, "OUT_OF_RANGE"), (-1, "OUT_OF_RANGE")]
)
def test_ppm_lie_between_0_and_a_million(ppm: int, expected: str) -> None:
    assert refused("campaigns", encoded(CAMPAIGN | {"rate_ppm": ppm})) == expected
    split = {"role": "platform", "of": "total", "share_ppm": ppm}
    assert refused("campaigns", encoded(CAMPAIGN | {"splits": [split]})) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (FIRST - 1, "TIME_OUT_OF_RANGE"),
        (FIRST, "read"),
        (LAST, "read"),
        (LAST + 1, "TIME_OUT_OF_RANGE"),
        (0, "TIME_OUT_OF_RANGE"),
        (-1, "TIME_OUT_OF_RANGE"),
        (10**30, "TIME_OUT_OF_RANGE"),
    ],
)
@pytest.mark.parametrize(
    ("topic", "fields", "name"),
    [
        ("ticks", TICK, "occurred_at"),
        ("room-entries", ENTRY, "left_at"),
        ("orders", PAID, "placed_at"),
        ("fulfilment", SHIPPED, "shipped_at"),
        ("governance", SANCTION, "effective_from"),
        ("links", LINK, "effective_from"),
        ("links", LINK, "valid_to"),
    ],
)
def test_times_lie_between_2010_and_2100(
    topic: str, fields: dict[str, Any], name: str, time: int, expected: str
) -> None:
    assert refused(topic, encoded(fields | {name: time}), LAST) == expected


@pytest.mark.parametrize(
    ("ahead", "expected"), [(SLACK, "read"), (SLACK + 1, "TIME_IN_FUTURE"), (-SLACK, "read")]
)
@pytest.mark.parametrize(
    ("topic", "fields", "name"),
    [
        ("clicks", CLICK, "occurred_at"),
        ("room-entries", ENTRY, "occurred_at"),
        ("orders", PAID, "occurred_at"),
        ("orders", PAID, "placed_at"),
        ("orders", PAID | {"type": "created"}, "placed_at"),
        ("orders", REFUND, "occurred_at"),
        ("fulfilment", SHIPPED, "shipped_at"),
        ("fulfilment", VERDICT, "occurred_at"),
        ("governance", SANCTION, "occurred_at"),
        ("tasks", TASK, "occurred_at"),
        ("ticks", TICK, "occurred_at"),
    ],
)
def test_nothing_occurs_more_than_ten_minutes_after_its_record(
    topic: str, fields: dict[str, Any], name: str, ahead: int, expected: str
) -> None:
    assert refused(topic, encoded(fields | {name: NOW + ahead})) == expected


@pytest.mark.parametrize(
    ("topic", "fields", "name"),
    [
        ("room-entries", ENTRY, "left_at"),
        ("governance", SANCTION, "effective_from"),
        ("links", LINK, "effective_from"),
        ("links", LINK, "valid_from"),
        ("campaigns", CAMPAIGN, "deadline"),
    ],
)
def test_announced_times_may_lie_in_the_future(topic: str, fields: dict[str, Any], name: str) -> None:
    assert refused(topic, encoded(fields | {name: LAST})) == "read"


def padded(fields: dict[str, Any], size: int) -> bytes:
    """Return a value of this many bytes, most of them in an ignored field."""
    value = encoded({**fields, "padding": ""})
    return value[:-2] + b"x" * (size - len(value)) + value[-2:]


@pytest.mark.parametrize(("size", "expected"), [(LARGEST, "read"), (LARGEST + 1, "TOO_LARGE")])
@pytest.mark.parametrize(("topic", "fields"), [("ticks", TICK), ("orders", PAID), ("links", LINK)])
def test_a_record_has_at_most_256_kib(topic: str, fields: dict[str, Any], size: int, expected: str) -> None:
    value = padded(fields, size)
    assert len(value) == size
    assert refused(topic, value) == expected
