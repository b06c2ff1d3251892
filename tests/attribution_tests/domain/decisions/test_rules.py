"""One table per rule: each limit, and one millisecond or unit beyond it (contract, section 3)."""

from typing import Any, Final

import pytest

from attribution.domain.records.reference import Version
from attribution_tests.domain.little_world import (
    HOUR,
    LOCK,
    PLACED,
    TOUCH,
    Recorded,
    Touched,
    campaign,
    click,
    context,
    entry,
    link,
    paid,
    policy,
    promoter,
    room,
    verdicts,
)

CREDITED: Final = "CREDITED"


@pytest.mark.parametrize(
    ("link_version", "verdict"),
    [
        (link(effective_from=TOUCH - 1), CREDITED),
        (link(effective_from=TOUCH), CREDITED),
        (link(effective_from=TOUCH + 1), "UNKNOWN_LINK"),
        (link(link_id="another"), CREDITED),
        ((link(), LOCK - 1), CREDITED),
        ((link(), LOCK), CREDITED),
        ((link(), LOCK + 1), "UNKNOWN_LINK"),
    ],
)
def test_1_a_link_without_a_version_in_force_at_the_touch(
    link_version: Version | Recorded, verdict: str
) -> None:
    assert verdicts(context(click(), changed=[link_version])) == {"c": verdict}


def test_1_a_link_that_does_not_exist() -> None:
    assert verdicts(context(click(link_id="nowhere"))) == {"c": "UNKNOWN_LINK"}


@pytest.mark.parametrize(
    ("validity", "verdict"),
    [
        ({"valid_from": TOUCH - 1}, CREDITED),
        ({"valid_from": TOUCH}, CREDITED),
        ({"valid_from": TOUCH + 1}, "LINK_NOT_VALID"),
        ({"valid_to": TOUCH + 1}, CREDITED),
        ({"valid_to": TOUCH}, CREDITED),
        ({"valid_to": TOUCH - 1}, "LINK_NOT_VALID"),
        ({"valid_from": TOUCH, "valid_to": TOUCH}, CREDITED),
        ({"valid_to": None}, CREDITED),
    ],
)
def test_2_a_touch_outside_the_validity_of_the_link(validity: dict[str, int], verdict: str) -> None:
    assert verdicts(context(click(), changed=[link(**validity)])) == {"c": verdict}


@pytest.mark.parametrize(
    ("enrolment", "verdict"),
    [
        ({"enrolled_from": TOUCH - 1}, CREDITED),
        ({"enrolled_from": TOUCH}, CREDITED),
        ({"enrolled_from": TOUCH + 1}, "PROMOTER_NOT_ENROLLED"),
        ({"enrolled_from": None}, "PROMOTER_NOT_ENROLLED"),
        ({"enrolled_to": TOUCH + 1}, CREDITED),
        ({"enrolled_to": TOUCH}, CREDITED),
        ({"enrolled_to": TOUCH - 1}, "PROMOTER_NOT_ENROLLED"),
        ({"enrolled_from": TOUCH, "enrolled_to": TOUCH}, CREDITED),
        ({"effective_from": TOUCH - 1}, CREDITED),
        ({"effective_from": TOUCH}, CREDITED),
        ({"effective_from": TOUCH + 1}, "PROMOTER_NOT_ENROLLED"),
    ],
)
@pytest.mark.parametrize("by_invitation", [None, True])
def test_3_a_promoter_who_was_not_invited(
    enrolment: dict[str, int], verdict: str, *, by_invitation: bool | None
) -> None:
    rules = policy(invitation_only=by_invitation)
    assert verdicts(context(click(), changed=[promoter(**enrolment)], rules=rules)) == {"c": verdict}


@pytest.mark.parametrize(
    "enrolment",
    [{"enrolled_from": None}, {"enrolled_from": TOUCH + 1}, {"enrolled_to": TOUCH - 1}, {"promoter_id": "Q"}],
)
def test_3_a_policy_without_invitations(enrolment: dict[str, Any]) -> None:
    rules = policy(invitation_only=False)
    assert verdicts(context(click(), changed=[promoter(**enrolment)], rules=rules)) == {"c": CREDITED}


@pytest.mark.parametrize(
    ("own_buyer_ids", "verdict"),
    [
        (None, CREDITED),
        ([], CREDITED),
        (["b"], CREDITED),
        (["BB", "A"], CREDITED),
        (["B"], "SELF_REFERRAL"),
        (["A", "B"], "SELF_REFERRAL"),
    ],
)
@pytest.mark.parametrize("touch", [click("t"), entry("t", link_id="L")])
def test_6_a_promoter_who_buys_through_their_own_link(
    own_buyer_ids: list[str] | None, verdict: str, touch: Touched
) -> None:
    assert verdicts(context(touch, changed=[promoter(own_buyer_ids=own_buyer_ids)])) == {"t": verdict}


@pytest.mark.parametrize(
    ("touch", "least_ms", "verdict"),
    [
        (click("t", PLACED - 501), 500, CREDITED),
        (click("t", PLACED - 500), 500, CREDITED),
        (click("t", PLACED - 499), 500, "CLICK_TOO_FAST"),
        (click("t", PLACED), 1, "CLICK_TOO_FAST"),
        (click("t", PLACED), 0, CREDITED),
        (entry("t", PLACED, link_id="L"), 500, CREDITED),
        (entry("t", PLACED - 499, link_id="L"), 500, CREDITED),
    ],
)
def test_7_a_click_too_close_to_the_order(touch: Touched, least_ms: int, verdict: str) -> None:
    rules = policy(min_click_to_order_ms=least_ms)
    assert verdicts(context(touch, rules=rules)) == {"t": verdict}


@pytest.mark.parametrize(
    ("age_ms", "campaign_id", "limits", "verdict"),
    [
        (6 * HOUR - 1, "C", {}, CREDITED),
        (6 * HOUR, "C", {}, CREDITED),
        (6 * HOUR + 1, "C", {}, "OUT_OF_WINDOW"),
        (2 * HOUR - 1, None, {}, CREDITED),
        (2 * HOUR, None, {}, CREDITED),
        (2 * HOUR + 1, None, {}, "OUT_OF_WINDOW"),
        (2 * HOUR, "unknown", {}, CREDITED),
        (2 * HOUR + 1, "unknown", {}, "OUT_OF_WINDOW"),
        (5 * HOUR, "C", {"max_window_ms": 5 * HOUR}, CREDITED),
        (0, "C", {"max_window_ms": 0}, CREDITED),
    ],
)
def test_9_a_touch_before_the_window(
    age_ms: int, campaign_id: str | None, limits: dict[str, int], verdict: str
) -> None:
    changed = [link(campaign_id=campaign_id), campaign(window_ms=6 * HOUR)]
    rules = policy(default_window_ms=2 * HOUR, **limits)
    assert verdicts(context(click("t", PLACED - age_ms), changed=changed, rules=rules)) == {"t": verdict}


@pytest.mark.parametrize(
    ("scope", "verdict"),
    [
        ({}, CREDITED),
        ({"product_id": "X"}, CREDITED),
        ({"product_id": "x"}, "SCOPE_MISMATCH"),
        ({"merchant_id": "M"}, CREDITED),
        ({"merchant_id": "N"}, "SCOPE_MISMATCH"),
        ({"product_id": "X", "merchant_id": "N"}, "SCOPE_MISMATCH"),
        ({"product_id": "Y", "merchant_id": "M"}, "SCOPE_MISMATCH"),
        ({"product_id": "X", "merchant_id": "M"}, CREDITED),
    ],
)
@pytest.mark.parametrize("target", ["any", "product"])
def test_10_a_link_that_names_another_product_or_merchant(
    scope: dict[str, str], verdict: str, target: str
) -> None:
    assert verdicts(context(click(), changed=[link(target=target, **scope)])) == {"c": verdict}


ROOM_LINK: Final = link(target="room", room_id="R")


@pytest.mark.parametrize(
    ("entries", "verdict"),
    [
        ([], "NO_ROOM_ENTRY"),
        ([entry("e", TOUCH - 1)], "NO_ROOM_ENTRY"),
        ([entry("e", TOUCH)], CREDITED),
        ([entry("e", TOUCH + 1)], CREDITED),
        ([entry("e", PLACED - 1)], CREDITED),
        ([entry("e", PLACED)], CREDITED),
        ([entry("e", PLACED + 1)], "NO_ROOM_ENTRY"),
        ([entry("e", TOUCH - 1), entry("f", PLACED + 1)], "NO_ROOM_ENTRY"),
        ([entry("e", TOUCH - 1), entry("f", PLACED)], CREDITED),
        ([entry("e", TOUCH, room_id="Q")], "NO_ROOM_ENTRY"),
        ([(entry("e", TOUCH), LOCK - 1)], CREDITED),
        ([(entry("e", TOUCH), LOCK)], CREDITED),
        ([(entry("e", TOUCH), LOCK + 1)], "NO_ROOM_ENTRY"),
        ([entry("e", TOUCH, click_id="k-c")], CREDITED),
    ],
)
def test_11_a_buyer_who_did_not_enter_the_room(entries: list[Touched | Recorded], verdict: str) -> None:
    of = context(click(), *entries, changed=[ROOM_LINK], ordered=paid(room_id="R"))
    assert verdicts(of) == {"c": verdict}


def test_11_a_room_entry_by_a_link_is_itself_the_entry() -> None:
    of = context(entry("t", link_id="L"), changed=[ROOM_LINK], ordered=paid(room_id="R"))
    assert verdicts(of) == {"t": CREDITED}


def test_11_a_room_entry_by_a_link_to_another_room() -> None:
    of = context(entry("t", room_id="Q", link_id="L"), changed=[ROOM_LINK], ordered=paid(room_id="R"))
    assert verdicts(of) == {"t": "NO_ROOM_ENTRY"}


@pytest.mark.parametrize(
    ("mode", "order_room", "verdict"),
    [
        (None, "R", CREDITED),
        (None, "S", "CROSS_ROOM"),
        (None, None, "CROSS_ROOM"),
        ("same_room", "R", CREDITED),
        ("same_room", "S", "CROSS_ROOM"),
        ("same_creator", "R", CREDITED),
        ("same_creator", "S", CREDITED),
        ("same_creator", "F", "CROSS_ROOM"),
        ("same_creator", "unknown", "CROSS_ROOM"),
        ("same_creator", None, "CROSS_ROOM"),
        ("any", "F", CREDITED),
        ("any", "unknown", CREDITED),
        ("any", None, CREDITED),
    ],
)
def test_12_an_order_in_another_room(mode: str | None, order_room: str | None, verdict: str) -> None:
    changed = [ROOM_LINK, campaign(cross_room=mode), room("S", "K"), room("F", "foreign")]
    of = context(click(), entry("e"), changed=changed, ordered=paid(room_id=order_room))
    assert verdicts(of) == {"c": verdict}


@pytest.mark.parametrize(
    ("effective_from", "verdict"),
    [(TOUCH + 1, CREDITED), (PLACED - 1, CREDITED), (PLACED, CREDITED), (PLACED + 1, "CROSS_ROOM")],
)
def test_12_rooms_are_looked_up_when_the_order_was_placed(effective_from: int, verdict: str) -> None:
    later = room("S", "K", effective_from=effective_from)
    changed = [ROOM_LINK, campaign(cross_room="same_creator"), room("S", "foreign"), later]
    assert verdicts(context(click(), entry("e"), changed=changed, ordered=paid(room_id="S"))) == {
        "c": verdict
    }


def test_12_without_a_campaign_the_room_must_be_the_same() -> None:
    changed = [link(target="room", room_id="R", campaign_id=None), room("S", "K")]
    of = context(click(), entry("e"), changed=changed, ordered=paid(room_id="S"))
    assert verdicts(of) == {"c": "CROSS_ROOM"}


FAULTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("UNKNOWN_LINK", {"link": {"effective_from": TOUCH + 1}}),
    ("LINK_NOT_VALID", {"link": {"valid_to": TOUCH - 1}}),
    ("PROMOTER_NOT_ENROLLED", {"promoter": {"enrolled_from": None}}),
    ("SELF_REFERRAL", {"promoter": {"own_buyer_ids": ["B"]}}),
    ("CLICK_TOO_FAST", {"policy": {"min_click_to_order_ms": HOUR + 1}}),
    ("OUT_OF_WINDOW", {"campaign": {"window_ms": HOUR - 1}}),
    ("SCOPE_MISMATCH", {"link": {"product_id": "Y"}}),
    ("NO_ROOM_ENTRY", {"link": {"room_id": "R"}}),
    ("CROSS_ROOM", {"link": {"room_id": "R"}, "entry": {"occurred_at": TOUCH}}),
)


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_the_first_verdict_in_the_order_of_the_rules_is_named(first: int) -> None:
    """All rules from one place on reject the touch at once."""
    fields: dict[str, dict[str, Any]] = {}
    for _, fault in FAULTS[first:]:
        for what, change in fault.items():
            fields[what] = change | fields.get(what, {})
    entered = {"occurred_at": TOUCH - 1} if first < len(FAULTS) - 1 else fields["entry"]
    changed = [
        link(**fields.get("link", {})),
        promoter(**fields.get("promoter", {})),
        campaign(**fields.get("campaign", {})),
    ]
    of = context(
        click(),
        entry("e", **entered),
        changed=changed,
        rules=policy(**fields.get("policy", {})),
        ordered=paid(room_id="S"),
    )
    assert verdicts(of) == {"c": FAULTS[first][0]}


@pytest.mark.parametrize(("model", "winner", "loser"), [("last_touch", "d", "c"), ("first_touch", "c", "d")])
def test_15_and_16_a_touch_without_weight_is_outranked(model: str, winner: str, loser: str) -> None:
    of = context(click("c", TOUCH), click("d", TOUCH + 1), rules=policy(model=model))
    assert verdicts(of) == {winner: CREDITED, loser: "OUTRANKED"}
