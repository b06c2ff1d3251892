"""Links and splits whose fields are valid alone, but not together (contract, section 6)."""

from typing import Any

import pytest

from attribution_tests.domain.ingest.read_outcomes import encoded, refused
from attribution_tests.domain.ingest.sample_records import CAMPAIGN, LINK, TWO_BYTES


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
