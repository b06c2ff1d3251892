"""Check the oracle's ledger with cases computed by hand from the contract."""

from typing import Any

import msgspec
import pytest

from . import Arrival, expected
from .by_hand import (
    CHAIN,
    DEFAULT,
    HOUR,
    PLACED,
    WORLD,
    campaign,
    change,
    click,
    link,
    paid,
    promoter,
    record,
    room,
)


def test_several_credits_share_one_floored_total() -> None:
    """T = floor(119 x 0.1) = 11: floor(5.95) for the first, the rest for the latest."""
    linear = msgspec.structs.replace(DEFAULT, model="linear")
    other = [link(link_id="L2", promoter_id="P2"), promoter(promoter_id="P2")]
    touches = [click("a", PLACED - 2), click("b", PLACED - 1, link_id="L2")]
    result = expected([*WORLD, *other, *touches, paid(paid_amount=119)], linear)
    owed = {"promoter:P": 5, "promoter:P2": 6, "merchant:M": -11}
    assert result.ledger == {("O", account, "pending"): amount for account, amount in owed.items()}


def test_a_credit_without_a_rate_leaves_the_rest_to_the_one_before() -> None:
    linear = msgspec.structs.replace(DEFAULT, model="linear")
    unpaid = [link(link_id="L2", promoter_id="P2", campaign_id="C2"), promoter(promoter_id="P2")]
    touches = [click("a", PLACED - 3), click("b", PLACED - 2), click("c", PLACED - 1, link_id="L2")]
    result = expected([*WORLD, *unpaid, *touches, paid(paid_amount=100)], linear)
    assert result.ledger == {("O", "promoter:P", "pending"): 6, ("O", "merchant:M", "pending"): -6}


@pytest.mark.parametrize(
    ("team", "remainder_to", "shares"),
    [
        (
            {"agency_id": "A", "leader_id": "D"},
            "promoter",
            {"promoter:P": 4, "agency:A": 2, "leader:D": 2, "creator:K": 1, "platform": 1},
        ),
        ({"leader_id": "D"}, "agency", {"promoter:P": 4, "leader:D": 2, "creator:K": 1, "platform": 3}),
        ({"leader_id": "D"}, "merchant", {"promoter:P": 4, "leader:D": 2, "creator:K": 1, "platform": 1}),
    ],
)
def test_ten_run_down_the_waterfall(team: dict[str, str], remainder_to: str, shares: dict[str, int]) -> None:
    """10, 6, 4 (floor of 6 x 0.666667), 2, 1; the 2 of an absent agency go to the remainder."""
    world = [link(), promoter(**team), campaign(splits=CHAIN, remainder_to=remainder_to), room("R", "K")]
    result = expected([*world, click("a", PLACED), paid(paid_amount=100, room_id="R")], DEFAULT)
    owed = shares | {"merchant:M": -sum(shares.values())}
    assert result.ledger == {("O", account, "pending"): amount for account, amount in owed.items()}


def test_refunds_count_once_a_refund_id_in_the_currency_of_the_order() -> None:
    """1000 less 333 and 100 leaves 567; floor(999 x 567 / 1000) = 566, a tenth of it 56."""
    refunds = [
        change("chargeback", PLACED + 2, refund_id="1", refund_amount=333),
        change("refunded", PLACED + 3, refund_id="1", refund_amount=500),
        change("refunded", PLACED + 1, refund_id="1", refund_amount=700, currency="USD"),
        change("refunded", PLACED + 9, refund_id="2", refund_amount=100, currency="CNY"),
    ]
    order = [click("a", PLACED), paid(commissionable_amount=999), *refunds]
    result = expected([*WORLD, *order], DEFAULT)
    assert result.ledger == {("O", "promoter:P", "pending"): 56, ("O", "merchant:M", "pending"): -56}
    assert expected([*WORLD, *order, change("closed", PLACED + 9)], DEFAULT).ledger == {}


@pytest.mark.parametrize(
    ("terms", "commission"),
    [
        ({"min_order_amount": 1_000}, 100),
        ({"min_order_amount": 1_001}, 0),
        ({"exhausted": True}, 0),
        ({"rate_ppm": 999}, 0),
        ({"rate_ppm": 1_000}, 1),
        ({"campaign_id": "another"}, 0),
    ],
)
def test_when_no_commission_is_due(terms: dict[str, Any], commission: int) -> None:
    result = expected([link(), promoter(), campaign(**terms), click("a", PLACED), paid()], DEFAULT)
    assert result.ledger.get(("O", "promoter:P", "pending"), 0) == commission


@pytest.mark.parametrize(("protected", "commission"), [(False, 50), (True, 100)])
def test_rate_protection_keeps_the_higher_rate_of_the_touch(protected: bool, commission: int) -> None:
    lowered = campaign(rate_ppm=50_000, effective_from=PLACED, rate_protection=protected)
    result = expected([*WORLD, lowered, click("a", PLACED - 1), paid()], DEFAULT)
    assert result.ledger["O", "promoter:P", "pending"] == commission


@pytest.mark.parametrize(
    ("changes", "bucket"),
    [
        ([], "pending"),
        ([change("received", PLACED + 5)], "confirmed"),
        ([change("received", PLACED + 4)], "settled"),
        ([change("received", PLACED + 4, currency="USD")], "pending"),
        ([change("received", PLACED + 5), change("settled", PLACED + 5)], "settled"),
    ],
)
def test_the_bucket_follows_receipt_and_the_latest_tick(changes: list[Arrival], bucket: str) -> None:
    tick = record("ticks", PLACED, event_id="t", occurred_at=PLACED + HOUR + 4)
    policy = msgspec.structs.replace(DEFAULT, settle_after_ms=HOUR)
    result = expected([*WORLD, click("a", PLACED), paid(), *changes, tick], policy)
    assert {name for _, _, name in result.ledger} == {bucket}
