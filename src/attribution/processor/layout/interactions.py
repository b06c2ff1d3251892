"""The rows of interactions: some of a buyer's clicks and entries."""

from collections.abc import Iterable, Iterator
from sys import intern

import msgspec

from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.touches.interaction import ENTRY, Interaction


class StoredInteraction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a row holds of an interaction, beside its event."""

    kind: int
    reported_at: int
    touch_at: int
    claimed_at: int


class StoredClick(StoredInteraction, frozen=True, array_like=True, gc=False):
    """A click of a row."""

    event: Click


class StoredEntry(StoredInteraction, frozen=True, array_like=True, gc=False):
    """A room entry of a row."""

    event: RoomEntry


class StoredInteractions(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row."""

    clicks: list[StoredClick]
    entries: list[StoredEntry]


class Kept(msgspec.Struct, array_like=True):
    """Which interactions the store holds.

    ``retention_start`` is the first segment kept. ``segments`` are those with rows. ``units`` counts the
    units of work that wrote interactions.
    """

    retention_start: int = 0
    segments: list[int] = msgspec.field(default_factory=list)
    units: int = 0


_Row = tuple[int, int, int, int, Click | RoomEntry]


def stored_interactions(interactions: Iterable[Interaction]) -> tuple[list[_Row], list[_Row]]:
    """Return the fields of a row with some of a buyer's interactions."""
    clicks: list[_Row] = []
    entries: list[_Row] = []
    for one in interactions:
        row = (one.kind, one.reported_at, one.touch_at, one.claimed_at, one.event)
        (entries if one.kind == ENTRY else clicks).append(row)
    return clicks, entries


def interactions_of(stored: StoredInteractions) -> Iterator[Interaction]:
    """Yield the interactions of a row."""
    for click in stored.clicks:
        yield _interaction(click, click.event)
    for entry in stored.entries:
        yield _interaction(entry, entry.event)


def _interaction(stored: StoredInteraction, event: Click | RoomEntry) -> Interaction:
    return Interaction(
        event.occurred_at,
        event.event_id,
        stored.kind,
        event.click_id or "",
        intern(event.link_id or ""),
        stored.reported_at,
        stored.touch_at,
        stored.claimed_at,
        event,
    )
