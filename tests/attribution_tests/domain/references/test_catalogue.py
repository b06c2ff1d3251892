"""Which reference version an order sees (contract, section 2)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.records.reference import ClickFlood
from attribution.domain.references.catalogue import Catalogue, horizon_ms
from attribution_tests.domain.little_world import (
    DAY,
    EVER,
    HOUR,
    PLACED,
    Recorded,
    catalogue,
    link,
    policy,
    promoter,
    room,
)

ALWAYS = 2**60
"""A lock that sees everything."""


def target(known: Catalogue, at: int, lock: int = ALWAYS) -> str | None:
    """Return the promoter of link L, or None without a version in force."""
    version = known.link("L", at, lock)
    return None if version is None else version.record.promoter_id


def leads_to(promoter_id: str, effective_from: int = EVER, recorded: int = EVER) -> Recorded:
    return link(promoter_id=promoter_id, effective_from=effective_from), recorded


@pytest.mark.parametrize(
    ("at", "expected"), [(99, None), (100, "a"), (199, "a"), (200, "b"), (300, "c"), (10**12, "c")]
)
def test_a_version_is_in_force_until_the_next(at: int, expected: str | None) -> None:
    version = catalogue(leads_to("b", 200), leads_to("c", 300), leads_to("a", 100))
    assert target(version, at) == expected


@pytest.mark.parametrize(
    ("lock", "expected"), [(9, None), (10, "a"), (19, "a"), (20, "b"), (29, "b"), (30, "c"), (ALWAYS, "c")]
)
@pytest.mark.parametrize("turn", range(6))
def test_the_latest_record_of_a_key_up_to_the_lock_is_seen(
    lock: int, expected: str | None, turn: int
) -> None:
    records = [leads_to("a", recorded=10), leads_to("b", recorded=20), leads_to("c", recorded=30)]
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    version = catalogue(*(records[place] for place in orders[turn]))
    assert target(version, PLACED, lock) == expected


@pytest.mark.parametrize(("lock", "expected"), [(9, "old"), (10, "new")])
def test_a_late_version_is_in_force_from_effective_from(lock: int, expected: str) -> None:
    """effective_from decides what is in force. The record timestamp decides which locks see it."""
    version = catalogue(leads_to("old", 100, 5), leads_to("new", 200, 10))
    assert target(version, 200, lock) == expected


@pytest.mark.parametrize(("lock", "expected"), [(9, "old"), (10, "new")])
def test_a_correction_of_an_earlier_version_does_not_hide_a_later_one(lock: int, expected: str) -> None:
    version = catalogue(leads_to("old", 100, 5), leads_to("next", 300, 5), leads_to("new", 100, 10))
    assert (target(version, 299, lock), target(version, 300, lock)) == (expected, "next")


def test_a_repeated_record_is_not_added() -> None:
    version = Catalogue(policy())
    assert version.add("links", link(), 10, 0) is not None
    assert version.add("links", link(), 10, 1) is None
    assert len(version) == 2


def test_a_record_that_restores_earlier_content_counts() -> None:
    version = catalogue(leads_to("a", recorded=10), leads_to("b", recorded=20), leads_to("a", recorded=30))
    assert [target(version, PLACED, lock) for lock in (10, 20, 30)] == ["a", "b", "a"]


def test_restored_content_counts_in_any_order_of_arrival() -> None:
    version = catalogue(leads_to("a", recorded=10), leads_to("a", recorded=30), leads_to("b", recorded=20))
    assert [target(version, PLACED, lock) for lock in (10, 20, 30)] == ["a", "b", "a"]


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6)), unique=True, min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_version_seen_does_not_depend_on_the_order_of_arrival(
    records: list[tuple[int, int]], chance: Any
) -> None:
    """The contract: of the visible versions, the last by (effective_from, record timestamp)."""
    versions = [leads_to(f"{start}-{recorded}", start, recorded) for start, recorded in records]
    chance.shuffle(versions)
    version = catalogue(*versions)
    for at in range(7):
        for lock in range(8):
            seen = [(start, recorded) for start, recorded in records if start <= at and recorded <= lock]
            expected = "-".join(map(str, max(seen))) if seen else None
            assert target(version, at, lock) == expected


def test_the_packaged_policy_applies_where_none_is_published() -> None:
    packaged = policy(effective_from=EVER, late_lock_ms=1)
    version = catalogue((policy(effective_from=EVER + 10, late_lock_ms=2), 50), default=packaged)
    assert version.policy(EVER - 1, ALWAYS).record.late_lock_ms == 1
    assert version.policy(EVER + 10, ALWAYS).record.late_lock_ms == 2
    assert version.policy(EVER + 10, 49).record.late_lock_ms == 1


def test_a_policy_of_another_name_changes_nothing() -> None:
    version = catalogue(policy(policy_id="draft", late_lock_ms=9, effective_from=EVER + 1))
    assert version.policy(PLACED, ALWAYS).record == policy()


def test_as_if_early_does_not_change_the_original_catalogue() -> None:
    version = catalogue(leads_to("old", 100, 5))
    late = version.add("links", link(promoter_id="new", effective_from=200), 90, 1)
    assert late is not None
    early = version.as_if_early("links", late, 50)
    assert (target(early, 200, 50), target(version, 200, 50)) == ("new", "old")
    assert (target(early, 199, 50), target(early, 200, ALWAYS)) == ("old", "new")


def test_as_if_early_shows_a_late_correction() -> None:
    version = catalogue(leads_to("old", 100, 5))
    late = version.add("links", link(promoter_id="new", effective_from=100), 90, 1)
    assert late is not None
    assert target(version.as_if_early("links", late, 50), 200, 50) == "new"


@pytest.mark.parametrize(
    ("topic", "record", "dependencies"),
    [
        ("links", link(link_id="L9"), ["links/L9"]),
        ("rooms", room("R9"), ["rooms/R9"]),
        ("policies", policy(), ["policies/default"]),
        ("promoters", promoter(promoter_id="P"), ["links/L", "links/L2"]),
        ("promoters", promoter(promoter_id="nobody"), []),
    ],
)
def test_a_version_affects_links_rooms_and_policies(topic: str, record: Any, dependencies: list[str]) -> None:
    version = catalogue(link(), link(link_id="L2"), link(link_id="L3", promoter_id="Q"))
    assert version.affected_by(topic, record) == dependencies


def test_the_horizon_is_the_longest_of_all_policies() -> None:
    short = policy(max_window_ms=DAY, max_order_delay_ms=2 * DAY, late_lock_ms=HOUR)
    long = policy(late_lock_ms=HOUR, click_flood=ClickFlood(1, 5))
    assert horizon_ms(short) == 3 * DAY + HOUR
    assert horizon_ms(long) == 37 * DAY + HOUR + 5
    assert catalogue(short, long, default=short).horizon_ms == horizon_ms(long)
