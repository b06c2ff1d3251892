"""Which buyers get an anonymous click, in any order of click and entry (contract, section 3)."""

import pytest

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.domain.ingest.refusal import RefusedError
from attribution_tests.domain.little_world import TOUCH, click, entry

ANONYMOUS = click("c", TOUCH, buyer_id=None, click_id="k")


@pytest.mark.parametrize(("entered_at", "follows"), [(TOUCH - 1, False), (TOUCH, True), (TOUCH + 1, True)])
def test_a_click_goes_to_a_buyer_who_enters_with_it_and_not_earlier(
    entered_at: int, *, follows: bool
) -> None:
    click_first, entry_first = AnonymousClicks(), AnonymousClicks()
    entered = entry("e", entered_at, click_id="k")
    assert list(click_first.apply_click(ANONYMOUS, 100)) == []
    assert [one.click for one in click_first.apply_entry(entered)] == [ANONYMOUS] * follows
    assert list(entry_first.apply_entry(entered)) == []
    assert list(entry_first.apply_click(ANONYMOUS, 100)) == ["B"] * follows


def test_a_click_goes_to_its_matched_buyers_in_the_order_of_their_ids() -> None:
    anonymous_clicks = AnonymousClicks()
    for buyer_id in ("zoe", "ann", "éva"):
        list(anonymous_clicks.apply_entry(entry(f"e-{buyer_id}", buyer_id=buyer_id, click_id="k")))
    assert list(anonymous_clicks.apply_click(ANONYMOUS, 100)) == ["ann", "zoe", "éva"]


def test_the_latest_entry_of_a_buyer_decides() -> None:
    anonymous_clicks = AnonymousClicks()
    for number, entered_at in enumerate((TOUCH - 5, TOUCH, TOUCH - 9)):
        list(anonymous_clicks.apply_entry(entry(f"e{number}", entered_at, click_id="k")))
    assert list(anonymous_clicks.apply_click(ANONYMOUS, 100)) == ["B"]


def test_a_copy_is_forwarded_again_only_if_recorded_earlier() -> None:
    anonymous_clicks = AnonymousClicks()
    list(anonymous_clicks.apply_entry(entry("e", click_id="k")))
    sent = [list(anonymous_clicks.apply_click(ANONYMOUS, timestamp)) for timestamp in (100, 100, 101, 99)]
    assert sent == [["B"], [], [], ["B"]]
    assert [
        one.timestamp for one in anonymous_clicks.apply_entry(entry("f", buyer_id="D", click_id="k"))
    ] == [99]


def test_other_content_under_the_same_event_id_is_refused() -> None:
    anonymous_clicks = AnonymousClicks()
    list(anonymous_clicks.apply_click(ANONYMOUS, 100))
    with pytest.raises(RefusedError, match="EVENT_ID_CLASH"):
        list(anonymous_clicks.apply_click(click("c", TOUCH + 1, buyer_id=None, click_id="k"), 100))
