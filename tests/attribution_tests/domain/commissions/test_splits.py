"""The waterfall (contract, section 4): every fen is paid; remainder_to gets rounding and unfilled roles."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.commissions.amounts import waterfall
from attribution.domain.commissions.state import Share, Terms
from attribution.domain.commissions.terms import terms_of
from attribution.domain.decisions.decide import decide
from attribution.domain.records.reference import Split
from attribution_tests.domain.little_world import campaign, click, context, entry, link, paid, promoter, room

ROLES: Final = ("promoter", "agency", "leader", "creator", "platform")
FILLED: Final = {role: f"{role}:1" for role in ROLES} | {"platform": "platform"}
CHAIN: Final = (
    ("promoter", "total", 1_000_000),
    ("agency", "promoter", 600_000),
    ("leader", "agency", 666_667),
    ("creator", "leader", 500_000),
    ("platform", "creator", 500_000),
)


def terms(
    splits: tuple[tuple[str, str, int], ...], remainder: str = "rest", unfilled: tuple[str, ...] = ()
) -> Terms:
    shares = [Share(role, of, ppm, None if role in unfilled else FILLED[role]) for role, of, ppm in splits]
    return Terms(1_000_000, 100_000, shares, remainder, None)


def kept(amount: int, of: Terms) -> dict[str, int]:
    return {account: part for account, part in waterfall(amount, of).items() if part}


@pytest.mark.parametrize("yuan", [1, 100])
def test_a_chain_of_10_6_4_2_1_leaves_4_2_2_1_1(yuan: int) -> None:
    """Ten fen and ten yuan. 666,667 ppm of 600 fen is floored to 400."""
    assert kept(10 * yuan, terms(CHAIN)) == {
        "promoter:1": 4 * yuan,
        "agency:1": 2 * yuan,
        "leader:1": 2 * yuan,
        "creator:1": 1 * yuan,
        "platform": 1 * yuan,
    }


@pytest.mark.parametrize(
    ("unfilled", "expected"),
    [
        (("leader",), {"promoter:1": 4, "agency:1": 2, "rest": 2, "creator:1": 1, "platform": 1}),
        (("agency",), {"promoter:1": 4, "rest": 2, "leader:1": 2, "creator:1": 1, "platform": 1}),
        (("agency", "leader", "creator"), {"promoter:1": 4, "rest": 5, "platform": 1}),
        (ROLES, {"rest": 10}),
    ],
)
def test_the_remainder_gets_what_an_unfilled_role_would_keep(
    unfilled: tuple[str, ...], expected: dict[str, int]
) -> None:
    """The roles below an unfilled role still receive their shares."""
    assert kept(10, terms(CHAIN, unfilled=unfilled)) == expected


@pytest.mark.parametrize(
    ("amount", "splits", "expected"),
    [
        (10, (), {"rest": 10}),
        (1, (("promoter", "total", 999_999),), {"rest": 1}),
        (10, (("promoter", "total", 333_333), ("agency", "total", 333_333)), {"promoter:1": 3, "agency:1": 3, "rest": 4}),
        (101, (("promoter", "total", 500_000), ("platform", "total", 500_000)), {"promoter:1": 50, "platform": 50, "rest": 1}),
        (100, (("promoter", "total", 500_000), ("promoter", "total", 250_000), ("leader", "promoter", 1_000_000)), {"leader:1": 75, "rest": 25}),
        (100, (("promoter", "total", 0),), {"rest": 100}),
        (0, CHAIN, {}),
    ],
)  # fmt: skip
def test_shares_are_floored_and_the_remainder_gets_the_rest(
    amount: int, splits: tuple[tuple[str, str, int], ...], expected: dict[str, int]
) -> None:
    assert kept(amount, terms(splits)) == expected


def test_a_remainder_that_goes_to_a_role_is_added_to_its_share() -> None:
    """The account gets one line for both."""
    splits = (("promoter", "total", 500_000), ("platform", "total", 250_000))
    assert kept(101, terms(splits, remainder="platform")) == {"promoter:1": 50, "platform": 51}


@pytest.mark.parametrize(
    ("remainder_to", "account"),
    [
        ("promoter", "promoter:P"),
        ("agency", "agency:A"),
        ("leader", "leader:D"),
        ("creator", "creator:K"),
        ("platform", "platform"),
        ("merchant", "merchant:M"),
    ],
)
def test_the_remainder_goes_to_the_account_the_campaign_names(remainder_to: str, account: str) -> None:
    of = context(
        click(),
        entry(),
        changed=[campaign(remainder_to=remainder_to), promoter(agency_id="A", leader_id="D")],
        ordered=paid(room_id="R"),
    )
    (credit,) = decide(of).credits
    assert waterfall(10, terms_of(of, credit)) == {account: 10}


@pytest.mark.parametrize("remainder_to", ["agency", "leader", "creator"])
def test_the_platform_stands_in_for_an_unfilled_role(remainder_to: str) -> None:
    of = context(click(), changed=[campaign(remainder_to=remainder_to)])
    (credit,) = decide(of).credits
    assert waterfall(10, terms_of(of, credit)) == {"platform": 10}


@pytest.mark.parametrize(
    ("order_room", "link_room", "creator"),
    [
        ("R", None, "creator:K"),
        ("S", "R", "creator:L"),
        (None, "R", "creator:K"),
        (None, None, None),
        ("unknown", "R", None),
    ],
)
def test_the_creator_comes_from_the_orders_room_else_the_links_room(
    order_room: str | None, link_room: str | None, creator: str | None
) -> None:
    taken = campaign(cross_room="any", splits=[Split("creator", "total", 1_000_000)])
    changed = [taken, room("S", "L"), link(room_id=link_room)]
    of = context(click(), entry("e"), changed=changed, ordered=paid(room_id=order_room))
    (credit,) = decide(of).credits
    assert terms_of(of, credit).shares == [Share("creator", "total", 1_000_000, creator)]


@st.composite
def valid_splits(draw: st.DrawFn) -> tuple[tuple[str, str, int], ...]:
    """Draw splits that give away at most what each role receives."""
    left = {"total": 1_000_000}
    splits = []
    for role in draw(st.lists(st.sampled_from(ROLES), max_size=8)):
        of = draw(st.sampled_from(sorted(left)))
        share = draw(st.one_of(st.integers(0, left[of]), st.just(left[of])))
        left[of] -= share
        left.setdefault(role, 1_000_000)
        splits.append((role, of, share))
    return tuple(splits)


@given(
    valid_splits(),
    st.integers(0, 10**15),
    st.sets(st.sampled_from(ROLES)),
    st.sampled_from([*FILLED.values(), "merchant:1"]),
)
def test_no_fen_is_lost_or_created(
    splits: tuple[tuple[str, str, int], ...], amount: int, unfilled: set[str], remainder: str
) -> None:
    parts = waterfall(amount, terms(splits, remainder, tuple(unfilled)))
    assert sum(parts.values()) == amount
    assert min(parts.values()) >= 0


@pytest.mark.parametrize(
    ("team", "shares"),
    [
        ({}, [("agency", None), ("leader", None)]),
        ({"agency_id": "A"}, [("agency", "agency:A"), ("leader", None)]),
        ({"agency_id": "A", "leader_id": "D"}, [("agency", "agency:A"), ("leader", "leader:D")]),
    ],
)
def test_agency_and_leader_are_the_promoters_at_the_touch(
    team: dict[str, Any], shares: list[tuple[str, str | None]]
) -> None:
    splits = [Split("agency", "total", 100_000), Split("leader", "total", 100_000)]
    of = context(click(), changed=[campaign(splits=splits), promoter(**team)])
    (credit,) = decide(of).credits
    assert [(share.role, share.account) for share in terms_of(of, credit).shares] == shares
