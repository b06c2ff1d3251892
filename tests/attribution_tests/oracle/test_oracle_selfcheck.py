"""Check the oracle with cases computed by hand from the contract."""

from typing import Any

import msgspec
import pytest

from attribution.domain.records.reference import Policy

from . import Arrival, Expected, arrivals, expected, shuffled
from .by_hand import (
    DEFAULT,
    FIRST_TOUCH,
    HOUR,
    PLACED,
    WORLD,
    campaign,
    change,
    click,
    entry,
    link,
    paid,
    promoter,
    room,
)
from .models import MODELS


def verdicts(result: Expected) -> dict[str, str]:
    return {one["touch_id"]: one["verdict"] for one in result.decisions["O"]["candidates"]}


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
