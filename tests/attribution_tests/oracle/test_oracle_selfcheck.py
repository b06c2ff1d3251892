"""Check the oracle with cases computed by hand from the contract."""

from typing import Any, Final

import msgspec
import pytest

from attribution.domain.records.reference import Policy

from . import Arrival, Expected, arrivals, expected, shuffled
from .models import MODELS

START: Final = 1_700_000_000_000
HOUR: Final = 3_600_000
PLACED: Final = START + 10 * HOUR
DEFAULT: Final = Policy(
    effective_from=START - 1_000 * HOUR,
    policy_id="default",
    model="last_touch",
    default_window_ms=2 * HOUR,
    min_click_to_order_ms=0,
    late_lock_ms=HOUR,
)
FIRST_TOUCH: Final = msgspec.structs.replace(DEFAULT, model="first_touch")
CHAIN: Final = [
    {"role": "promoter", "of": "total", "share_ppm": 1_000_000},
    {"role": "agency", "of": "promoter", "share_ppm": 600_000},
    {"role": "leader", "of": "agency", "share_ppm": 666_667},
    {"role": "creator", "of": "leader", "share_ppm": 500_000},
    {"role": "platform", "of": "creator", "share_ppm": 500_000},
]


def record(topic: str, timestamp: int, **value: Any) -> Arrival:
    return Arrival(topic, timestamp, msgspec.json.encode(value))


def reference(topic: str, **value: Any) -> Arrival:
    return record(topic, START, **({"effective_from": START} | value))


def link(**fields: Any) -> Arrival:
    known = {"link_id": "L", "promoter_id": "P", "target": "any", "valid_from": START, "campaign_id": "C"}
    return reference("links", **(known | fields))


def promoter(**fields: Any) -> Arrival:
    return reference("promoters", **({"promoter_id": "P", "kind": "site", "enrolled_from": START} | fields))


def campaign(**fields: Any) -> Arrival:
    terms = {"rate_ppm": 100_000, "window_ms": 2 * HOUR, "splits": [], "remainder_to": "promoter"}
    return reference("campaigns", **({"campaign_id": "C", "kind": "standard"} | terms | fields))


def room(room_id: str, creator_id: str) -> Arrival:
    return reference("rooms", room_id=room_id, creator_id=creator_id, started_at=START)


def click(event_id: str, occurred_at: int, recorded: int | None = None, **fields: Any) -> Arrival:
    known = {"click_id": f"click-{event_id}", "link_id": "L", "buyer_id": "B", "surface": "live"} | fields
    value = {name: what for name, what in known.items() if what is not None}
    timestamp = occurred_at if recorded is None else recorded
    return record("clicks", timestamp, event_id=event_id, occurred_at=occurred_at, **value)


def entry(event_id: str, occurred_at: int, room_id: str = "R", buyer_id: str = "B", **fields: Any) -> Arrival:
    value = {"room_id": room_id, "buyer_id": buyer_id, **fields}
    return record("room-entries", occurred_at, event_id=event_id, occurred_at=occurred_at, **value)


def change(kind: str, timestamp: int, **fields: Any) -> Arrival:
    event_id = f"{kind}-{timestamp}-{fields.get('refund_id')}"
    value = {"event_id": event_id, "occurred_at": timestamp, "order_id": "O", "buyer_id": "B"}
    return record("orders", timestamp, **(value | {"type": kind} | fields))


def paid(timestamp: int = PLACED, **fields: Any) -> Arrival:
    facts = {"placed_at": PLACED, "merchant_id": "M", "product_id": "X", "quantity": 1, "carrier": "live"}
    return change("paid", timestamp, **(facts | {"currency": "CNY", "paid_amount": 1_000} | fields))


def verdicts(result: Expected) -> dict[str, str]:
    return {one["touch_id"]: one["verdict"] for one in result.decisions["O"]["candidates"]}


WORLD: Final = [link(), promoter(), campaign()]


def test_an_order_without_touches_is_organic_and_owes_nothing() -> None:
    result = expected([paid()], DEFAULT)
    assert result.decisions["O"] == {
        "order_id": "O",
        "status": "organic",
        "placed_at": PLACED,
        "model": "last_touch",
        "window_from": PLACED - 2 * HOUR,
        "credits": [],
        "candidates": [],
        "candidates_total": 0,
    }
    assert (result.ledger, result.currency) == ({}, {"O": "CNY"})


@pytest.mark.parametrize(("policy", "winner"), [(DEFAULT, "c"), (FIRST_TOUCH, "b")])
def test_the_model_chooses_among_the_touches_in_the_window(policy: Policy, winner: str) -> None:
    edge = PLACED - 2 * HOUR
    touched = [click("a", edge - 1), click("b", edge), click("c", PLACED), click("d", PLACED + 1)]
    result = expected([*WORLD, *touched, paid()], policy)
    loser = "b" if winner == "c" else "c"
    assert verdicts(result) == {"a": "OUT_OF_WINDOW", winner: "CREDITED", loser: "OUTRANKED"}
    credit = {"link_id": "L", "promoter_id": "P", "campaign_id": "C", "touch_id": winner}
    assert result.decisions["O"]["credits"] == [credit | {"weight_ppm": 1_000_000}]


@pytest.mark.parametrize(
    ("model", "ages", "expected_weights"),
    [
        ("last_touch", [9, 5, 0], [0, 0, 1_000_000]),
        ("first_touch", [9, 5, 0], [1_000_000, 0, 0]),
        ("linear", [9, 5, 0], [333_333, 333_333, 333_334]),
        ("position_based", [0], [1_000_000]),
        ("position_based", [5, 0], [500_000, 500_000]),
        ("position_based", [9, 7, 5, 3, 0], [400_000, 66_666, 66_666, 66_666, 400_002]),
        ("time_decay", [20, 10, 0], [142_857, 285_714, 571_429]),
        ("time_decay", [400, 0], [0, 1_000_000]),
    ],
)
def test_each_model_shares_the_weight(model: Any, ages: list[int], expected_weights: list[int]) -> None:
    policy = msgspec.structs.replace(DEFAULT, model=model, half_life_ms=10)
    touches = [click(f"{number}", PLACED - age) for number, age in enumerate(ages)]
    body = expected([*WORLD, *touches, paid()], policy).decisions["O"]
    weights = {credit["touch_id"]: credit["weight_ppm"] for credit in body["credits"]}
    assert [weights.get(f"{number}", 0) for number in range(len(ages))] == expected_weights
    assert [one["verdict"] == "CREDITED" for one in body["candidates"]] == [
        part > 0 for part in expected_weights
    ]


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


def test_the_latest_200_touches_share_and_earlier_ones_get_nothing() -> None:
    linear = msgspec.structs.replace(DEFAULT, model="linear")
    many = [click(f"{number:03}", PLACED - 300 + number) for number in range(201)]
    body = expected([*WORLD, *many, paid()], linear).decisions["O"]
    assert body["candidates"][0]["verdict"] == "OUTRANKED"
    assert [credit["weight_ppm"] for credit in body["credits"]] == [5_000] * 200


def test_generated_histories_hold_several_credits_of_every_model() -> None:
    bodies = [body for seed in range(12) for body in expected(arrivals(seed), DEFAULT).decisions.values()]
    shared = {body["model"] for body in bodies if len(body["credits"]) > 1}
    assert {body["model"] for body in bodies} == set(MODELS)
    assert shared == {"linear", "position_based", "time_decay"}


@pytest.mark.parametrize(
    ("changed", "fields", "verdict"),
    [
        (link(effective_from=PLACED), {}, "UNKNOWN_LINK"),
        (link(valid_to=PLACED - 2), {}, "LINK_NOT_VALID"),
        (link(valid_to=PLACED - 1), {}, "CREDITED"),
        (promoter(enrolled_to=PLACED - 2), {}, "PROMOTER_NOT_ENROLLED"),
        (promoter(own_buyer_ids=["B"]), {}, "SELF_REFERRAL"),
        (campaign(window_ms=0), {}, "OUT_OF_WINDOW"),
        (link(product_id="Y"), {}, "SCOPE_MISMATCH"),
        (link(merchant_id="M", product_id="X"), {}, "CREDITED"),
        (link(room_id="elsewhere"), {"room_id": "elsewhere"}, "NO_ROOM_ENTRY"),
        (link(room_id="R"), {"room_id": "R"}, "CREDITED"),
        (link(room_id="R"), {"room_id": "S"}, "CROSS_ROOM"),
    ],
)
def test_each_verdict_in_its_turn(changed: Arrival, fields: dict[str, Any], verdict: str) -> None:
    world = [one for one in WORLD if one.topic != changed.topic]
    result = expected([*world, changed, click("a", PLACED - 1), entry("e", PLACED), paid(**fields)], DEFAULT)
    assert verdicts(result) == {"a": verdict}


@pytest.mark.parametrize(
    ("mode", "verdict"), [("same_room", "CROSS_ROOM"), ("same_creator", "CREDITED"), ("any", "CREDITED")]
)
def test_the_campaign_says_how_far_from_its_room_an_order_may_be(mode: str, verdict: str) -> None:
    world = [link(room_id="R"), promoter(), campaign(cross_room=mode), room("R", "K"), room("S", "K")]
    result = expected([*world, entry("e", PLACED - 1, link_id="L"), paid(room_id="S")], DEFAULT)
    assert verdicts(result) == {"e": verdict}


def test_a_forwarded_anonymous_click_replaces_the_touch_of_its_entry() -> None:
    click_a = click("a", PLACED - 9, buyer_id=None, click_id="K")
    entries = [
        entry("by-it", PLACED - 9, click_id="K", link_id="L"),
        entry("by-anothers", PLACED - 8, click_id="click-z", link_id="L"),
    ]
    others = click("z", PLACED - 9, buyer_id="Z")
    result = expected([*WORLD, click_a, others, *entries, paid()], DEFAULT)
    assert verdicts(result) == {"a": "OUTRANKED", "by-anothers": "CREDITED"}
    early = [entry("before-it", PLACED - 10, click_id="K", link_id="L")]
    assert verdicts(expected([*WORLD, click_a, *early, paid()], DEFAULT)) == {"before-it": "CREDITED"}


@pytest.mark.parametrize(
    ("settled", "paid_at", "lock"),
    [
        ([], PLACED, PLACED + HOUR),
        ([change("settled", PLACED + 5)], PLACED, PLACED + 5),
        ([change("settled", PLACED + 5)], PLACED + 7, PLACED + 7),
        ([change("settled", PLACED + 5, currency="USD")], PLACED, PLACED + HOUR),
        ([], PLACED + 2 * HOUR, PLACED + 2 * HOUR),
    ],
)
def test_evidence_recorded_up_to_the_lock_counts(settled: list[Arrival], paid_at: int, lock: int) -> None:
    late = [click("in", PLACED - 2, lock), click("out", PLACED - 1, lock + 1)]
    assert verdicts(expected([*WORLD, *late, *settled, paid(paid_at)], DEFAULT)) == {"in": "CREDITED"}


def test_a_copy_counts_with_its_smallest_timestamp_a_clash_not_at_all() -> None:
    locked = PLACED + HOUR
    late, copy = click("a", PLACED - 1, locked + 1), click("a", PLACED - 1, locked)
    clash = click("a", PLACED - 3, PLACED)
    assert verdicts(expected([*WORLD, late, copy, clash, paid()], DEFAULT)) == {"a": "CREDITED"}
    assert verdicts(expected([*WORLD, late, clash, paid()], DEFAULT)) == {}


def test_a_paid_event_may_be_a_week_late_and_no_later() -> None:
    week = PLACED + 7 * 24 * HOUR
    assert expected([paid(week + 1)], DEFAULT).decisions == {}
    assert set(expected([paid(week)], DEFAULT).decisions) == {"O"}


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


@pytest.mark.parametrize("seed", range(10))
def test_the_expected_outputs_do_not_depend_on_the_order_of_arrival(seed: int) -> None:
    history = arrivals(seed)
    assert expected(shuffled(history, seed + 1), DEFAULT) == expected(history, DEFAULT)


def test_of_many_touches_the_latest_are_considered_and_fewer_listed() -> None:
    many = [click(f"{number:04}", PLACED - 3_000 + number) for number in range(2_001)]
    body = expected([*WORLD, *many, paid()], FIRST_TOUCH).decisions["O"]
    listed = [one["touch_id"] for one in body["candidates"]]
    assert (body["candidates_total"], body["credits"][0]["touch_id"]) == (2_001, "0001")
    assert listed == ["0001", *(f"{number:04}" for number in range(1_801, 2_001))]
