"""Which of several faults of a record the refusal names (contract, section 6)."""

from typing import Any, Final

import pytest

from attribution_tests.domain.ingest.read_outcomes import encoded, refused
from attribution_tests.domain.ingest.sample_records import CAMPAIGN, LARGEST, LINK, NOW, PAID, SLACK

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
def test_the_first_fault_in_the_order_of_the_contract_is_named(first: int) -> None:
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
def test_a_wrong_type_comes_before_an_unknown_order_event_type(kind: str | None) -> None:
    assert refused("orders", encoded(PAID | {"type": kind, "event_id": 1})) == "WRONG_TYPE"
