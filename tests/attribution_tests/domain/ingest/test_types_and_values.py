"""Wrong types, missing fields and unknown values (contract, section 6)."""

from typing import Any

import pytest

from attribution_tests.domain.ingest.read_outcomes import encoded, refused
from attribution_tests.domain.ingest.sample_records import (
    CAMPAIGN,
    CLICK,
    GOOD,
    LINK,
    NOW,
    PAID,
    POLICY,
    PROMOTER,
    REFUND,
    SANCTION,
    TASK,
    TICK,
    VERDICT,
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
def test_json_other_than_an_object_has_the_wrong_type(topic: str, value: bytes) -> None:
    assert refused(topic, value) == "WRONG_TYPE"


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_missing_field(topic: str, fields: dict[str, Any]) -> None:
    """Every field of these records is required. Null counts as absent."""
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
