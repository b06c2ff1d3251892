"""The touches of a buyer (contract, section 3)."""

from dataclasses import dataclass
from typing import Literal

from attribution.domain.records.events import Click, RoomEntry


@dataclass(frozen=True)
class Touch:
    """A click or room entry of one buyer that names a link."""

    touch_id: str
    touch_class: Literal["click", "room_entry"]
    occurred_at: int
    link_id: str


def place(touch: Touch) -> tuple[int, bytes, bool]:
    """Return the sort key: the time, the id as bytes, clicks before entries."""
    return (touch.occurred_at, touch.touch_id.encode(), touch.touch_class == "room_entry")


def belongs(click: Click, buyer_id: str, entries: list[RoomEntry]) -> bool:
    """Return whether a click is the buyer's: it names the buyer, or a later entry names its click_id."""
    if click.buyer_id is not None:
        return click.buyer_id == buyer_id
    return any(
        entry.buyer_id == buyer_id
        and entry.click_id == click.click_id
        and entry.occurred_at >= click.occurred_at
        for entry in entries
    )


def touches_of(buyer_id: str, clicks: list[Click], entries: list[RoomEntry]) -> list[Touch]:
    own_clicks = [click for click in clicks if belongs(click, buyer_id, entries)]
    own_click_ids = {click.click_id for click in own_clicks}
    touches = [Touch(click.event_id, "click", click.occurred_at, click.link_id) for click in own_clicks]
    touches += [
        Touch(entry.event_id, "room_entry", entry.occurred_at, entry.link_id)
        for entry in entries
        if entry.buyer_id == buyer_id and entry.link_id is not None and entry.click_id not in own_click_ids
    ]
    return sorted(touches, key=place)
