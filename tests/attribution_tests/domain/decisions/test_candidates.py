"""Which touches are candidates, their order and window, and which are listed (contract, section 3)."""

from typing import Final

import pytest

from attribution.domain.decisions.decide import decide
from attribution_tests.domain.little_world import (
    DAY,
    HOUR,
    PLACED,
    TOUCH,
    Touched,
    campaign,
    click,
    context,
    entry,
    link,
    policy,
)

CREDITED: Final = "CREDITED"


@pytest.mark.parametrize(
    ("max_window_ms", "occurred_at"),
    [(None, PLACED - 30 * DAY - 1), (5 * HOUR, PLACED - 5 * HOUR - 1), (5 * HOUR, PLACED + 1)],
)
def test_9_a_touch_out_of_range_is_no_candidate(max_window_ms: int | None, occurred_at: int) -> None:
    rules = policy(max_window_ms=max_window_ms, default_window_ms=60 * DAY)
    long = campaign(window_ms=60 * DAY)
    derived = decide(context(click("t", occurred_at), changed=[long], rules=rules))
    assert (derived.body.candidates, derived.body.candidates_total) == ([], 0)


def test_9_a_window_is_capped_at_the_longest() -> None:
    derived = decide(context(click("t", PLACED - 30 * DAY), changed=[campaign(window_ms=60 * DAY)]))
    assert [(one.verdict, one.window_ms) for one in derived.body.candidates] == [(CREDITED, 30 * DAY)]
    assert derived.body.window_from == PLACED - 30 * DAY


@pytest.mark.parametrize(
    ("touches", "window_ms"),
    [
        ([], 2 * HOUR),
        ([click("a", link_id="plain")], 2 * HOUR),
        ([click("a", link_id="nowhere")], 2 * HOUR),
        ([click("a", link_id="plain"), click("b")], 6 * HOUR),
        ([click("a", PLACED - 30 * DAY)], 6 * HOUR),
        ([click("a", PLACED - 30 * DAY - 1)], 2 * HOUR),
    ],
)
def test_the_window_begins_with_the_longest_window_of_the_candidates(
    touches: list[Touched], window_ms: int
) -> None:
    changed = [campaign(window_ms=6 * HOUR), link(), link(link_id="plain", campaign_id=None)]
    derived = decide(context(*touches, changed=changed, rules=policy(default_window_ms=2 * HOUR)))
    assert derived.body.window_from == PLACED - window_ms


@pytest.mark.parametrize(
    ("touches", "last"),
    [
        ([click("a", TOUCH), click("b", TOUCH)], "b"),
        ([click("b", TOUCH), click("B", TOUCH)], "b"),
        ([click("\uff5e", TOUCH), click("\U0001f600", TOUCH)], "\U0001f600"),
        ([click("z", TOUCH), click("é", TOUCH)], "é"),
        ([click("z", TOUCH), click("a", TOUCH + 1)], "a"),
    ],
)
def test_touches_at_the_same_time_are_ordered_by_their_ids_as_bytes(
    touches: list[Touched], last: str
) -> None:
    derived = decide(context(*touches))
    assert derived.body.credits[0].touch_id == last
    assert [one.touch_id for one in derived.body.candidates][-1] == last


def test_a_click_comes_before_an_entry_with_the_same_id() -> None:
    derived = decide(context(entry("t", link_id="L"), click("t")))
    assert [(one.touch_class, one.verdict) for one in derived.body.candidates] == [
        ("click", "OUTRANKED"),
        ("room_entry", CREDITED),
    ]


def test_an_order_without_touches_is_organic() -> None:
    body = decide(context()).body
    assert (body.status, body.credits, body.candidates_total) == ("organic", [], 0)


@pytest.mark.parametrize(("count", "listed"), [(200, 201), (201, 201), (2_000, 201)])
def test_all_credited_and_the_latest_200_others_are_listed(count: int, listed: int) -> None:
    """The earliest candidate is credited, so it stays in the list however many others there are."""
    others = [click(f"c{number:04}", TOUCH + number) for number in range(count)]
    body = decide(context(click("first", TOUCH - 1), *others, rules=policy(model="first_touch"))).body
    assert len(body.candidates) == min(listed, count + 1)
    expected_first = "first" if count < 2_000 else "c0000"
    assert body.credits[0].touch_id == expected_first == body.candidates[0].touch_id
    assert body.candidates[1].touch_id == f"c{count - 200:04}"
    assert body.candidates_total == count + 1
