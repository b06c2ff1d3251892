"""What is refused, and with which code (contract, section 6): alone, in the midst of good ones, and in what order."""

import json
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.intake.reader import Reader
from attribution.domain.intake.refusal import Refusal
from attribution.domain.records.topics import BY_NAME

NOW: Final = 1_700_000_000_000
FIRST: Final = 1_262_304_000_000
"""2010-01-01T00:00:00Z."""
LAST: Final = 4_133_980_799_999
"""2100-12-31T23:59:59.999Z."""
SLACK: Final = 600_000
LARGEST: Final = 262_144
TWO_BYTES: Final = "é"
FOUR_BYTES: Final = "😀"

TICK: Final[dict[str, Any]] = {"event_id": "t", "occurred_at": NOW}
CLICK: Final[dict[str, Any]] = {**TICK, "click_id": "k", "link_id": "L", "surface": "live"}
ENTRY: Final[dict[str, Any]] = {**TICK, "buyer_id": "B", "room_id": "R"}
CHANGE: Final[dict[str, Any]] = {**TICK, "order_id": "O", "buyer_id": "B"}
PAID: Final[dict[str, Any]] = {
    **CHANGE,
    "type": "paid",
    "placed_at": NOW,
    "merchant_id": "M",
    "product_id": "X",
    "quantity": 1,
    "currency": "CNY",
    "paid_amount": 100,
    "carrier": "live",
}
REFUND: Final[dict[str, Any]] = {**CHANGE, "type": "refunded", "refund_id": "r", "refund_amount": 1}
SHIPPED: Final[dict[str, Any]] = {**TICK, "order_id": "O", "type": "shipped"}
SHIPPED.update(carrier_code="sf", tracking_no="1", shipped_at=NOW)
VERDICT: Final[dict[str, Any]] = {**TICK, "order_id": "O", "type": "verdict", "verdict": "cleared"}
SANCTION: Final[dict[str, Any]] = {**TICK, "party": "platform", "action": "lift", "effective_from": NOW}
TASK: Final[dict[str, Any]] = {**TICK, "campaign_id": "C", "party": "creator:K", "metric": "task", "value": 1}
LINK: Final[dict[str, Any]] = {"effective_from": NOW, "link_id": "L", "promoter_id": "P", "target": "any"}
LINK.update(valid_from=NOW)
PROMOTER: Final[dict[str, Any]] = {"effective_from": NOW, "promoter_id": "P", "kind": "site"}
ROOM: Final[dict[str, Any]] = {"effective_from": NOW, "room_id": "R", "creator_id": "K", "started_at": NOW}
CAMPAIGN: Final[dict[str, Any]] = {
    "effective_from": NOW,
    "campaign_id": "C",
    "kind": "standard",
    "rate_ppm": 1,
}
CAMPAIGN.update(window_ms=1, splits=[], remainder_to="platform")
POLICY: Final[dict[str, Any]] = {"effective_from": NOW, "policy_id": "default", "model": "linear"}
POLICY.update(default_window_ms=1, min_click_to_order_ms=0, late_lock_ms=0)
GOOD: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("clicks", CLICK),
    ("room-entries", ENTRY),
    ("orders", PAID),
    ("orders", REFUND),
    ("fulfilment", SHIPPED),
    ("fulfilment", VERDICT),
    ("governance", SANCTION),
    ("tasks", TASK),
    ("ticks", TICK),
    ("links", LINK),
    ("promoters", PROMOTER),
    ("rooms", ROOM),
    ("campaigns", CAMPAIGN),
    ("policies", POLICY),
)
READERS: Final = {name: Reader(topic) for name, topic in BY_NAME.items() if topic.rank is not None}


def encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def outcome(read: Any) -> str:
    """The code of a refusal, or "read"."""
    return read.code if isinstance(read, Refusal) else "read"


def outcomes(topic: str, values: list[bytes], timestamp: int = NOW) -> list[str]:
    return [outcome(one) for one in READERS[topic].read(values, [timestamp] * len(values))]


def refused(topic: str, value: bytes, timestamp: int = NOW) -> str:
    """How a value is read: the same alone, first, last, and among many good ones, all of which are read."""
    good = encoded(next(fields for name, fields in GOOD if name == topic))
    (alone,) = outcomes(topic, [value], timestamp)
    for before, after in ((0, 1), (1, 0), (1, 1), (100, 3), (2, 130)):
        read = outcomes(topic, [good] * before + [value] + [good] * after, timestamp)
        assert read == ["read"] * before + [alone] + ["read"] * after
    return alone


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_what_is_complete_is_read(topic: str, fields: dict[str, Any]) -> None:
    assert refused(topic, encoded(fields)) == "read"


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_unknown_fields_and_optional_nulls_are_ignored(topic: str, fields: dict[str, Any]) -> None:
    record = BY_NAME[topic].record
    kinds = getattr(record, "__args__", (record,))
    optional = {
        field.encode_name
        for kind in kinds
        for field in msgspec.structs.fields(kind)
        if not field.required and field.encode_name not in fields
    }
    more = dict.fromkeys(sorted(optional)) | {"unheard_of": {"a": [1.5, True, None]}}
    (read,) = READERS[topic].read([encoded(fields | more)], [NOW])
    assert read == READERS[topic].read([encoded(fields)], [NOW])[0]


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
def test_two_broken_values_that_look_like_two_good_ones_together(values: list[bytes]) -> None:
    """Joined by a newline, each pair has as many objects as values; taken one by one, none is good."""
    assert outcomes("ticks", values) == ["BAD_JSON", "BAD_JSON"]


@pytest.mark.parametrize("more", [b"1e400", b"9" * 5_000, b'"' + b"x" * 1_000 + b'"', b"-0.0", b"[[]]"])
def test_whatever_an_unknown_field_holds_is_ignored(more: bytes) -> None:
    assert refused("ticks", encoded(TICK)[:-1] + b',"more":' + more + b"}") == "read"


@pytest.mark.parametrize("more", [b"1e400", b"9" * 5_000])
def test_whatever_an_unknown_field_holds_is_ignored_beside_an_id_beyond_ascii(more: bytes) -> None:
    assert (
        refused("ticks", encoded({**TICK, "event_id": TWO_BYTES})[:-1] + b',"more":' + more + b"}") == "read"
    )


@pytest.mark.parametrize(
    ("topic", "fields", "changed"),
    [
        ("ticks", TICK, {"occurred_at": 1.0}),
        ("ticks", TICK, {"occurred_at": 1_700_000_000_000.0}),
        ("ticks", TICK, {"occurred_at": 1.5}),
        ("ticks", TICK, {"occurred_at": True}),
        ("ticks", TICK, {"occurred_at": "1700000000000"}),
        ("ticks", TICK, {"occurred_at": [NOW]}),
        ("ticks", TICK, {"event_id": 1}),
        ("ticks", TICK, {"event_id": {}}),
        ("clicks", CLICK, {"buyer_id": 5}),
        ("clicks", CLICK, {"surface": 1}),
        ("orders", PAID, {"paid_amount": 1.0}),
        ("orders", PAID, {"paid_amount": False}),
        ("orders", PAID, {"commissionable_amount": 0.0}),
        ("orders", PAID, {"tags": "a"}),
        ("orders", PAID, {"tags": ["a", None]}),
        ("orders", PAID, {"type": 1}),
        ("campaigns", CAMPAIGN, {"rate_ppm": 1.0}),
        ("campaigns", CAMPAIGN, {"rate_protection": 1}),
        ("campaigns", CAMPAIGN, {"splits": {}}),
        ("campaigns", CAMPAIGN, {"splits": [1]}),
        ("campaigns", CAMPAIGN, {"tier_bonus_ppm": {"gold": 1.0}}),
    ],
)
def test_wrong_type(topic: str, fields: dict[str, Any], changed: dict[str, Any]) -> None:
    assert refused(topic, encoded(fields | changed)) == "WRONG_TYPE"


@pytest.mark.parametrize("value", [b"[]", b"null", b"1", b'"text"', b"true", b"[" + encoded(TICK) + b"]"])
@pytest.mark.parametrize("topic", ["ticks", "orders", "links"])
def test_json_that_is_no_object_has_the_wrong_type(topic: str, value: bytes) -> None:
    assert refused(topic, value) == "WRONG_TYPE"


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_missing_field(topic: str, fields: dict[str, Any]) -> None:
    """Each field that a record has here is required; null is the same as absent."""
    for name in fields:
        assert (
            refused(topic, encoded({key: what for key, what in fields.items() if key != name}))
            == "MISSING_FIELD"
        )
        assert refused(topic, encoded(fields | {name: None})) == "MISSING_FIELD"
    assert refused(topic, b"{}") == "MISSING_FIELD"


@pytest.mark.parametrize(
    ("topic", "fields", "changed"),
    [
        ("clicks", CLICK, {"surface": "LIVE"}),
        ("clicks", CLICK, {"surface": ""}),
        ("clicks", CLICK, {"target_platform": "tmall"}),
        ("orders", PAID, {"type": "shipped"}),
        ("orders", PAID, {"currency": "RMB"}),
        ("orders", PAID, {"currency": "cny"}),
        ("orders", PAID, {"currency": "XXX"}),
        ("orders", PAID, {"carrier": "truck"}),
        ("orders", REFUND, {"currency": "ZZZ"}),
        ("fulfilment", VERDICT, {"verdict": "guilty"}),
        ("governance", SANCTION, {"action": "ban"}),
        ("tasks", TASK, {"metric": "gmv"}),
        ("links", LINK, {"target": "shop"}),
        ("promoters", PROMOTER, {"kind": "robot"}),
        ("campaigns", CAMPAIGN, {"remainder_to": "buyer"}),
        ("campaigns", CAMPAIGN, {"splits": [{"role": "merchant", "of": "total", "share_ppm": 1}]}),
        ("campaigns", CAMPAIGN, {"budget": {"amount": 1, "currency": "XBT"}}),
        ("policies", POLICY, {"model": "best_guess"}),
    ],
)
def test_unknown_value(topic: str, fields: dict[str, Any], changed: dict[str, Any]) -> None:
    assert refused(topic, encoded(fields | changed)) == "UNKNOWN_VALUE"


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
    """Written as they are, or as \\u escapes."""
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
def test_what_is_announced_may_lie_in_the_future(topic: str, fields: dict[str, Any], name: str) -> None:
    assert refused(topic, encoded(fields | {name: LAST})) == "read"


def padded(fields: dict[str, Any], size: int) -> bytes:
    """A value of so many bytes, most of them in a field that is ignored."""
    value = encoded({**fields, "padding": ""})
    return value[:-2] + b"x" * (size - len(value)) + value[-2:]


@pytest.mark.parametrize(("size", "expected"), [(LARGEST, "read"), (LARGEST + 1, "TOO_LARGE")])
@pytest.mark.parametrize(("topic", "fields"), [("ticks", TICK), ("orders", PAID), ("links", LINK)])
def test_a_record_has_at_most_256_kib(topic: str, fields: dict[str, Any], size: int, expected: str) -> None:
    value = padded(fields, size)
    assert len(value) == size
    assert refused(topic, value) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"target": "room"}, "BAD_LINK"),
        ({"target": "room", "product_id": "X"}, "BAD_LINK"),
        ({"target": "room", "room_id": None}, "BAD_LINK"),
        ({"target": "room", "room_id": "R"}, "read"),
        ({"target": "product"}, "BAD_LINK"),
        ({"target": "product", "product_id": TWO_BYTES}, "read"),
        ({"target": "merchant", "room_id": "R"}, "BAD_LINK"),
        ({"target": "merchant", "merchant_id": "M"}, "read"),
        ({"target": "any"}, "read"),
    ],
)
def test_a_link_names_its_target(link: dict[str, Any], expected: str) -> None:
    assert refused("links", encoded(LINK | link)) == expected


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ([("promoter", "total", 1_000_000)], "read"),
        ([("promoter", "total", 1_000_000), ("platform", "total", 1)], "BAD_SPLITS"),
        ([("promoter", "total", 500_000), ("platform", "total", 500_000)], "read"),
        ([("promoter", "total", 500_000), ("platform", "total", 500_001)], "BAD_SPLITS"),
        ([("agency", "promoter", 1)], "BAD_SPLITS"),
        ([("agency", "promoter", 1), ("promoter", "total", 1)], "BAD_SPLITS"),
        ([("promoter", "total", 1), ("agency", "promoter", 1_000_000)], "read"),
        (
            [("promoter", "total", 1), ("agency", "promoter", 600_000), ("leader", "promoter", 400_001)],
            "BAD_SPLITS",
        ),
    ],
)
def test_splits_give_away_no_more_than_they_received(
    splits: list[tuple[str, str, int]], expected: str
) -> None:
    written = [{"role": role, "of": of, "share_ppm": share} for role, of, share in splits]
    assert refused("campaigns", encoded(CAMPAIGN | {"splits": written})) == expected


FAULTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("WRONG_TYPE", {"quantity": 1.0}),
    ("MISSING_FIELD", {"merchant_id": None}),
    ("UNKNOWN_VALUE", {"carrier": "truck"}),
    ("TOO_LONG", {"product_id": "x" * 129}),
    ("OUT_OF_RANGE", {"paid_amount": -1}),
    ("TIME_OUT_OF_RANGE", {"occurred_at": 0}),
    ("TIME_IN_FUTURE", {"placed_at": NOW + SLACK + 1}),
    ("TOO_LARGE", {"padding": "x" * LARGEST}),
)


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_of_several_faults_the_first_in_the_contracts_order_is_named(first: int) -> None:
    fields = dict(PAID)
    for _, changed in FAULTS[first:]:
        fields |= changed
    assert refused("orders", encoded(fields)) == FAULTS[first][0]


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_bad_json_comes_before_everything(first: int) -> None:
    assert refused("orders", encoded(PAID | FAULTS[first][1])[:-1]) == "BAD_JSON"


@pytest.mark.parametrize("padding", ["", "x" * LARGEST])
def test_a_record_that_is_too_large_comes_before_faults_between_fields(padding: str) -> None:
    wide = [{"role": "promoter", "of": "total", "share_ppm": 1_000_000}] * 2
    expected = "TOO_LARGE" if padding else "BAD_SPLITS"
    assert refused("campaigns", encoded(CAMPAIGN | {"splits": wide, "padding": padding})) == expected
    expected = "TOO_LARGE" if padding else "BAD_LINK"
    assert refused("links", encoded(LINK | {"target": "room", "padding": padding})) == expected


@pytest.mark.parametrize("kind", ["shipped", None])
def test_an_order_event_of_no_known_type_may_have_a_graver_fault(kind: str | None) -> None:
    assert refused("orders", encoded(PAID | {"type": kind, "event_id": 1})) == "WRONG_TYPE"


def test_a_record_without_a_timestamp_has_its_own_time() -> None:
    """In a file: then nothing but placed_at and shipped_at can lie in the future."""
    values = [
        encoded(PAID),
        encoded(PAID | {"placed_at": NOW + SLACK + 1}),
        encoded(PAID | {"occurred_at": LAST}),
    ]
    assert [outcome(one) for one in READERS["orders"].read(values)] == ["read", "TIME_IN_FUTURE", "read"]


def test_nothing_is_read_from_nothing() -> None:
    assert READERS["ticks"].read([]) == []


ANY_VALUE: Final = st.one_of(
    st.sampled_from(
        [encoded(TICK), encoded({**TICK, "event_id": TWO_BYTES}), encoded({**TICK, "event_id": 1})]
    ),
    st.sampled_from(
        [b"{}", b"[]", b"", b"{", b"}", b"\n", b'{"a":"}', b'{"}', encoded(TICK) + b"\n", b" {} "]
    ),
    st.sampled_from(
        [encoded(TICK)[:-1], encoded(TICK)[1:], encoded(TICK) + b"\n" + encoded(TICK), b',"x":1}']
    ),
    st.sampled_from(
        [encoded({**TICK, "more": {"a": {}}}), encoded({**TICK, "more": "}\n{"}), b'{"more":{}', b"{}}"]
    ),
    st.binary(max_size=12),
    st.text('{}[]",:\n1e- \\u', max_size=12).map(str.encode),
)


@given(st.lists(ANY_VALUE, max_size=8))
def test_reading_together_equals_reading_one_by_one(values: list[bytes]) -> None:
    one_by_one = [READERS["ticks"].read([value], [NOW])[0] for value in values]
    assert READERS["ticks"].read(values, [NOW] * len(values)) == one_by_one


@given(
    st.lists(
        st.tuples(st.sampled_from([name for name, _ in GOOD]), st.integers(0, 13), st.integers(0, 30)),
        max_size=90,
    )
)
def test_reading_together_equals_reading_one_by_one_in_every_topic(drawn: list[tuple[str, int, int]]) -> None:
    """Records of all kinds, cut off anywhere now and then, given to any topic's reader."""
    for topic in {name for name, _, _ in drawn}:
        values = [encoded(GOOD[place][1])[: -cut or None] for _, place, cut in drawn if cut < 3]
        one_by_one = [READERS[topic].read([value], [NOW])[0] for value in values]
        assert READERS[topic].read(values, [NOW] * len(values)) == one_by_one
