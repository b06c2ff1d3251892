"""An interaction of a buyer: a click or a room entry, and from when on it counts."""

from sys import intern
from typing import Final

import msgspec

from attribution.domain.records.events import Click, RoomEntry

NEVER: Final = 2**62
"""A record timestamp that no lock reaches."""

OWN_CLICK: Final = 0
FORWARDED_CLICK: Final = 1
ENTRY: Final = 2


class Interaction(msgspec.Struct, frozen=True, order=True, gc=False):
    """A click or room entry of one buyer; sorts as (occurred_at, event_id, click before entry).

    ``reported_at`` is the smallest record timestamp of the event and its copies. ``touch_at`` is the record
    timestamp of the touch. It equals ``reported_at``, except for an anonymous click: there it is the later
    one of the click and the room entry that matched it (NEVER without such an entry). From ``claimed_at`` on,
    an entry is not a touch, because the click that it names belongs to the same buyer. An interaction with a
    link is a touch for an order with touch_at <= lock < claimed_at. ``link_id`` is empty without a link.
    """

    occurred_at: int
    event_id: str
    kind: int
    click_id: str
    link_id: str
    reported_at: int
    touch_at: int
    claimed_at: int
    event: Click | RoomEntry


def own_click(click: Click, timestamp: int) -> Interaction:
    """Return the interaction of a click that names its buyer."""
    link_id = intern(click.link_id)
    return Interaction(
        click.occurred_at,
        click.event_id,
        OWN_CLICK,
        click.click_id,
        link_id,
        timestamp,
        timestamp,
        NEVER,
        click,
    )


def forwarded_click(click: Click, timestamp: int) -> Interaction:
    """Return the interaction of an anonymous click, not yet joined to a room entry."""
    link_id = intern(click.link_id)
    return Interaction(
        click.occurred_at,
        click.event_id,
        FORWARDED_CLICK,
        click.click_id,
        link_id,
        timestamp,
        NEVER,
        NEVER,
        click,
    )


def entry(event: RoomEntry, timestamp: int) -> Interaction:
    """Return the interaction of a room entry."""
    link_id = intern(event.link_id or "")
    return Interaction(
        event.occurred_at,
        event.event_id,
        ENTRY,
        event.click_id or "",
        link_id,
        timestamp,
        timestamp,
        NEVER,
        event,
    )
