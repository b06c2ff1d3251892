"""Clicks join the entries that name them, in any order of arrival (contract, section 3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.touches.history import History
from attribution_tests.domain.little_world import HOUR, PLACED, TOUCH, Recorded, click, entry, history


def anonymous(event_id: str = "a", occurred_at: int = TOUCH, **fields: Any) -> Any:
    return click(event_id, occurred_at, buyer_id=None, **fields)


def touches(of: History, lock: int) -> list[str]:
    """Return the event_ids of the touches for an order with this lock."""
    return [interaction.event_id for interaction in of.touches(0, 2**60, lock)]


@pytest.mark.parametrize(
    ("entered_at", "click_recorded_at", "entry_recorded_at", "since"),
    [
        (TOUCH, 100, 200, 200),
        (TOUCH, 200, 100, 200),
        (TOUCH + 1, 100, 100, 100),
        (TOUCH - 1, 100, 100, None),
    ],
)
def test_an_anonymous_click_belongs_to_a_buyer_who_enters_no_earlier(
    entered_at: int, click_recorded_at: int, entry_recorded_at: int, since: int | None
) -> None:
    """The touch has the later of the two record timestamps."""
    of = history(
        (anonymous(), click_recorded_at), (entry("e", entered_at, click_id="k-a"), entry_recorded_at)
    )
    if since is None:
        assert touches(of, 2**60) == []
    else:
        assert (touches(of, since - 1), touches(of, since)) == ([], ["a"])


def test_the_first_recorded_entry_brings_the_click() -> None:
    entries: list[Recorded] = [(entry(f"e{at}", TOUCH + 1, click_id="k-a"), at) for at in (300, 200, 250)]
    of = history((anonymous(), 100), *entries)
    assert (touches(of, 199), touches(of, 200)) == ([], ["a"])


@pytest.mark.parametrize("own", [True, False])
def test_an_entry_that_names_a_click_of_the_buyer_is_no_touch(own: bool) -> None:
    named = click("c") if own else anonymous("c")
    of = history((named, 100), (entry("e", TOUCH + 1, click_id="k-c", link_id="L"), 100))
    assert touches(of, 100) == ["c"]


def test_an_entry_is_a_touch_until_the_click_that_it_names_is_known() -> None:
    of = history((entry("e", TOUCH, click_id="k-c", link_id="L"), 100), (click("c"), 150))
    assert [touches(of, lock) for lock in (99, 100, 149, 150)] == [[], ["e"], ["e"], ["c"]]


def test_an_entry_that_names_an_unknown_click_is_a_touch() -> None:
    assert touches(history(entry("e", click_id="k-nobody", link_id="L")), PLACED) == ["e"]


def test_an_entry_before_the_click_joins_it_only_with_a_later_entry() -> None:
    """The second entry gives the click to the buyer. Then both entries name a click of the buyer."""
    early = entry("early", TOUCH - 1, click_id="k-a", link_id="L")
    later = entry("later", TOUCH + 1, click_id="k-a", link_id="L")
    alone = history((anonymous(), 100), (early, 100))
    both = history((anonymous(), 100), (early, 100), (later, 200))
    assert touches(alone, 2**60) == ["early"]
    assert [touches(both, lock) for lock in (199, 200)] == [["early"], ["a"]]


def test_an_entry_without_a_link_is_no_touch() -> None:
    assert touches(history(entry("e")), PLACED) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (click("c"), click("c", link_id="other")),
        (click("c"), click("c", TOUCH + 1)),
        (entry("e"), entry("e", room_id="other")),
        (anonymous(), anonymous(link_id="other")),
    ],
)
def test_one_event_id_has_one_content(first: Any, second: Any) -> None:
    of = history(first)
    before = sorted(of.interactions())
    with pytest.raises(RefusedError, match="EVENT_ID_CLASH"):
        apply_to(of, second)
    assert sorted(of.interactions()) == before


def test_clicks_and_entries_have_separate_event_ids() -> None:
    of = history(
        click("x"), entry("x", link_id="L"), anonymous("x", click_id="k1"), anonymous("x", click_id="k2")
    )
    assert len(of) == 4


@pytest.mark.parametrize("event", [click("c"), entry("e", link_id="L")])
def test_a_copy_changes_nothing_unless_it_was_recorded_earlier(event: Any) -> None:
    of = history((event, 100))
    assert [apply_to(of, event, stamp) != [] for stamp in (100, 101, 99)] == [False, False, True]
    assert (touches(of, 98), touches(of, 99)) == ([], [event.event_id])


def apply_to(of: History, event: Any, timestamp: int = TOUCH) -> Any:
    if not hasattr(event, "surface"):
        return of.apply_entry(event, timestamp)
    return (
        of.apply_forwarded_click(event, timestamp)
        if event.buyer_id is None
        else of.apply_click(event, timestamp)
    )


EVENTS = st.one_of(
    st.builds(
        lambda number, at, key: click(f"c{number}", TOUCH + at, click_id=f"k{key}"),
        st.integers(0, 3),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    st.builds(
        lambda number, at, key: anonymous(f"a{number}", TOUCH + at, click_id=f"k{key}"),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    st.builds(
        lambda number, at, key, linked: entry(
            f"e{number}", TOUCH + at, click_id=key and f"k{key}", link_id="L" if linked else None
        ),
        st.integers(0, 3),
        st.integers(0, 2),
        st.one_of(st.none(), st.integers(0, 2)),
        st.booleans(),
    ),
)


def identity(event: Any) -> tuple[str, str, str]:
    """Return the scope within which an event_id has one content."""
    if not hasattr(event, "surface"):
        return ("entry", "", event.event_id)
    return ("click", "" if event.buyer_id else event.click_id, event.event_id)


@given(
    st.lists(EVENTS, max_size=10, unique_by=identity),
    st.lists(st.integers(1, 30), min_size=20, max_size=20),
    st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_gives_the_same_interactions(
    events: list[Any], stamps: list[int], chance: Any
) -> None:
    """Includes copies with other record timestamps. Compares whole interactions with their joins."""
    recorded = list(zip(events + events, stamps, strict=False))
    in_order = sorted(history(*recorded).interactions())
    chance.shuffle(recorded)
    assert sorted(history(*recorded).interactions()) == in_order


@given(
    st.lists(EVENTS, max_size=10, unique_by=identity), st.lists(st.integers(1, 30), min_size=10, max_size=10)
)
def test_a_history_restored_from_its_interactions_is_the_same(events: list[Any], stamps: list[int]) -> None:
    of = history(*zip(events, stamps, strict=False))
    restored = History()
    for interaction in sorted(of.interactions()):
        restored.restore(interaction)
    assert sorted(restored.interactions()) == sorted(of.interactions())
    more: list[Recorded] = [(entry("more", TOUCH + 1, click_id=f"k{key}"), 40) for key in (0, 1, 2)][:1]
    more += [(anonymous("late", TOUCH, click_id="k1"), 5), (click("late", TOUCH, click_id="k2"), 5)]
    for event, stamp in more:
        apply_to(of, event, stamp)
        apply_to(restored, event, stamp)
    assert sorted(restored.interactions()) == sorted(of.interactions())


def test_touches_between_two_times_include_both_ends() -> None:
    of = history(*(click(f"c{at}", TOUCH + at) for at in range(5)))
    assert [interaction.event_id for interaction in of.touches(TOUCH + 1, TOUCH + 3, 2**60)] == [
        "c1",
        "c2",
        "c3",
    ]


def test_forgotten_interactions_no_longer_join() -> None:
    of = history(
        click("old", TOUCH - HOUR), anonymous("a"), entry("e", TOUCH - HOUR, click_id="k-a"), click("c")
    )
    of.forget_before(TOUCH)
    assert [interaction.event_id for interaction in sorted(of.interactions())] == ["a", "c"]
    apply_to(of, entry("new", TOUCH, click_id="k-a"), 200)
    assert touches(of, 2**60) == ["a", "c"]


@pytest.mark.parametrize(
    ("late", "would_be"),
    [
        (click("late"), ["early", "late"]),
        (entry("late", TOUCH, link_id="L"), ["early", "late"]),
        (entry("late", TOUCH, link_id="L", click_id="k-early"), ["early"]),
    ],
)
def test_as_if_early_counts_a_late_event(late: Any, would_be: list[str]) -> None:
    of = history((click("early"), 100), (late, 900))
    assert touches(of, 100) == ["early"]
    assert touches(of.as_if_early(late), 100) == would_be
    assert touches(of, 100) == ["early"]


def test_as_if_early_counts_an_anonymous_click_with_its_entry() -> None:
    late = anonymous()
    of = history((late, 900), (entry("e", click_id="k-a"), 950))
    assert (touches(of, 100), touches(of.as_if_early(late), 100)) == ([], ["a"])
