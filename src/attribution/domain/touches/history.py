"""A buyer's history: takes in clicks and entries in any order, and joins those that name each other."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.orders.order import Order
from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.touches.interaction import (
    ENTRY,
    FORWARDED_CLICK,
    NEVER,
    OWN_CLICK,
    Moment,
    entry,
    forwarded_click,
    own_click,
)

_BEGINNING: Final = -1
_OCCURRED_AT: Final = attrgetter("occurred_at")
_ClickKey = tuple[int, str]


class Buyer:
    """Everything known of one buyer; ``timeline`` is derived from the three maps of moments.

    No decided order was placed after ``latest_placed``: what happens later concerns none. For a lock from
    ``_changed_at`` on, the touches are those of the timeline.
    """

    __slots__ = (
        "_changed_at",
        "_clicks",
        "_is_sorted",
        "_naming",
        "_timeline",
        "buyer_id",
        "entries",
        "forwarded",
        "kept_from",
        "latest_placed",
        "orders",
        "own",
    )

    def __init__(self, buyer_id: str) -> None:
        self.buyer_id = buyer_id
        self.kept_from = 0
        self.latest_placed = -1
        self.own: dict[str, Moment] = {}
        self.forwarded: dict[tuple[str, str], Moment] = {}
        self.entries: dict[str, Moment] = {}
        self.orders: dict[str, Order] = {}
        self._naming: dict[str, list[str]] = {}
        self._clicks: dict[str, list[_ClickKey]] | None = None
        self._timeline: list[Moment] = []
        self._is_sorted = True
        self._changed_at = 0

    def __len__(self) -> int:
        return len(self.own) + len(self.forwarded) + len(self.entries)

    def take_click(self, click: Click, timestamp: int) -> list[Moment]:
        """Take in a click of this buyer; return the moments that are new or changed (none for a copy).

        Raises:
            RefusedError: EVENT_ID_CLASH, when its event_id belongs to a click that differs.
        """
        known = self.own.get(click.event_id)
        if known is not None and not _is_earlier_copy(known, click, timestamp):
            return []
        moment = own_click(click, timestamp)
        self._keep(moment, known)
        if click.click_id not in self._naming:
            return [moment]
        return [moment, *self._join(click.click_id)]

    def take_forwarded(self, click: Click, timestamp: int) -> list[Moment]:
        """Take in an anonymous click that one of this buyer's entries names; else as ``take_click``."""
        key = (click.event_id, click.click_id)
        known = self.forwarded.get(key)
        if known is not None and not _is_earlier_copy(known, click, timestamp):
            return []
        moment = forwarded_click(click, timestamp)
        self._keep(moment if known is None else replace(moment, touch_at=known.touch_at), known)
        changed = self._join(click.click_id)
        moment = self.forwarded[key]
        return changed if moment in changed else [moment, *changed]

    def take_entry(self, event: RoomEntry, timestamp: int) -> list[Moment]:
        """Take in a room entry; else as ``take_click``."""
        known = self.entries.get(event.event_id)
        if known is not None and not _is_earlier_copy(known, event, timestamp):
            return []
        moment = entry(event, timestamp)
        self._keep(moment if known is None else replace(moment, claimed_at=known.claimed_at), known)
        changed = self._join(event.click_id) if event.click_id is not None else []
        moment = self.entries[event.event_id]
        return changed if moment in changed else [moment, *changed]

    def restore(self, moment: Moment) -> None:
        """Take in a moment as it was stored, joins included; a later one takes the place of an earlier."""
        self._is_sorted = False
        known = self.entries.get(moment.event_id) if moment.kind == ENTRY else None
        self._keep(moment, known)
        self._clicks = None

    def moments(self) -> Iterator[Moment]:
        """Yield everything that is known, in no order."""
        return chain(self.own.values(), self.forwarded.values(), self.entries.values())

    def timeline(self) -> list[Moment]:
        """Return what is a touch by now, in the order of touches."""
        if not self._is_sorted:
            self._timeline = sorted(filter(_is_touch, self.moments()))
            self._is_sorted = True
        return self._timeline

    def touches(self, first: int, last: int, lock: int) -> list[Moment]:
        """Return the touches with first <= occurred_at <= last that an order with a lock sees, in order."""
        if lock < self._changed_at:
            seen = (m for m in self.moments() if m.link_id and m.touch_at <= lock < m.claimed_at)
            return sorted(m for m in seen if first <= m.occurred_at <= last)
        timeline = self.timeline()
        start = bisect_left(timeline, first, key=_OCCURRED_AT)
        return timeline[start : bisect_right(timeline, last, lo=start, key=_OCCURRED_AT)]

    def forget_before(self, time: int) -> None:
        """Drop the moments before a time."""
        self.own = {key: m for key, m in self.own.items() if m.occurred_at >= time}
        self.forwarded = {key: m for key, m in self.forwarded.items() if m.occurred_at >= time}
        self.entries = {key: m for key, m in self.entries.items() if m.occurred_at >= time}
        self._clicks = None
        self._naming = {}
        for moment in self.entries.values():
            self._index(moment)
        self._is_sorted = False

    def as_if_early(self, event: Click | RoomEntry) -> "Buyer":
        """Return a buyer who differs in one thing: the event, and what it joins, was recorded at the beginning."""
        twin = self._copy()
        named = [m for m in self.forwarded.values() if m.click_id == event.click_id]
        if isinstance(event, RoomEntry):
            twin.take_entry(event, _BEGINNING)
        elif event.buyer_id is not None:
            twin.take_click(event, _BEGINNING)
            return twin
        else:
            for event_id in self._naming.get(event.click_id, ()):
                naming = self.entries[event_id].event
                assert isinstance(naming, RoomEntry)  # noqa: S101
                twin.take_entry(naming, _BEGINNING)
        for moment in named:
            assert isinstance(moment.event, Click)  # noqa: S101
            twin.take_forwarded(moment.event, _BEGINNING)
        return twin

    def _copy(self) -> "Buyer":
        twin = Buyer(self.buyer_id)
        twin.own, twin.forwarded, twin.entries = self.own.copy(), self.forwarded.copy(), self.entries.copy()
        twin._naming = {click_id: list(ids) for click_id, ids in self._naming.items()}
        twin.orders = self.orders
        twin._is_sorted = False
        twin._changed_at = self._changed_at
        return twin

    def _keep(self, moment: Moment, known: Moment | None) -> None:
        """Put a moment in its place, or in that of the one that was known."""
        if moment.kind == OWN_CLICK:
            self.own[moment.event_id] = moment
        elif moment.kind == FORWARDED_CLICK:
            self.forwarded[moment.event_id, moment.click_id] = moment
        else:
            self.entries[moment.event_id] = moment
        if known is None:
            self._index(moment)
        if _is_touch(moment):
            self._changed_at = max(self._changed_at, moment.touch_at)
        elif moment.claimed_at != NEVER:
            self._changed_at = max(self._changed_at, moment.claimed_at)
        if self._is_sorted:
            self._place(moment, known)

    def _index(self, moment: Moment) -> None:
        if moment.kind != ENTRY:
            if self._clicks is not None:
                self._clicks.setdefault(moment.click_id, []).append((moment.kind, moment.event_id))
        elif moment.click_id:
            self._naming.setdefault(moment.click_id, []).append(moment.event_id)

    def _place(self, moment: Moment, known: Moment | None) -> None:
        timeline = self._timeline
        if known is not None and _is_touch(known):
            del timeline[bisect_left(timeline, known)]
        if not _is_touch(moment):
            return
        if timeline and moment < timeline[-1]:
            insort(timeline, moment)
        else:
            timeline.append(moment)

    def _join(self, click_id: str) -> list[Moment]:
        """Bring clicks and the entries that name them together; return what changed by it."""
        naming = [self.entries[event_id] for event_id in self._naming.get(click_id, ())]
        changed: list[Moment] = []
        belongs_from = NEVER
        for moment in self._clicks_named(click_id):
            touch_at = moment.touch_at
            if moment.kind == FORWARDED_CLICK:
                touch_at = _joined_at(moment, naming)
            if touch_at < moment.touch_at:
                changed.append(replace(moment, touch_at=touch_at))
                self._keep(changed[-1], moment)
            belongs_from = min(belongs_from, touch_at)
        for moment in naming:
            if belongs_from < moment.claimed_at:
                changed.append(replace(moment, claimed_at=belongs_from))
                self._keep(changed[-1], moment)
        return changed

    def _clicks_named(self, click_id: str) -> list[Moment]:
        """Return the clicks with a click_id; indexed from the first time that one is asked for."""
        if self._clicks is None:
            self._clicks = {}
            for moment in chain(self.own.values(), self.forwarded.values()):
                self._clicks.setdefault(moment.click_id, []).append((moment.kind, moment.event_id))
        return [
            self.own[event_id] if kind == OWN_CLICK else self.forwarded[event_id, click_id]
            for kind, event_id in self._clicks.get(click_id, ())
        ]


def _is_touch(moment: Moment) -> bool:
    """Tell whether a moment is a touch by now: for all orders with a lock behind what was recorded."""
    return moment.link_id != "" and moment.touch_at != NEVER and moment.claimed_at == NEVER


def _joined_at(click: Moment, naming: list[Moment]) -> int:
    """Return the record timestamp at which an entry that is not earlier than the click brought it here."""
    brought = [e.reported_at for e in naming if e.occurred_at >= click.occurred_at]
    return max(click.reported_at, min(brought)) if brought else NEVER


def _is_earlier_copy(known: Moment, event: Any, timestamp: int) -> bool:
    if known.event != event:
        raise RefusedError("EVENT_ID_CLASH", f"event_id {event.event_id} belongs to a record that differs")
    return timestamp < known.reported_at
