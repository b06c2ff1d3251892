"""A buyer's history: applies clicks and room entries in any order, and joins them by click_id."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.touches.interaction import (
    ENTRY,
    FORWARDED_CLICK,
    NEVER,
    OWN_CLICK,
    Interaction,
    entry,
    forwarded_click,
    own_click,
)

_BEGINNING: Final = -1
_OCCURRED_AT: Final = attrgetter("occurred_at")
_ClickKey = tuple[int, str]


class History:
    """The clicks and room entries of one buyer.

    ``timeline`` is derived from the three maps of interactions. For a lock at or after ``_changed_at``, the
    touches are those of the timeline.
    """

    __slots__ = (
        "_changed_at",
        "_clicks",
        "_is_sorted",
        "_naming",
        "_timeline",
        "entries",
        "forwarded",
        "own",
    )

    def __init__(self) -> None:
        self.own: dict[str, Interaction] = {}
        self.forwarded: dict[tuple[str, str], Interaction] = {}
        self.entries: dict[str, Interaction] = {}
        self._naming: dict[str, list[str]] = {}
        self._clicks: dict[str, list[_ClickKey]] | None = None
        self._timeline: list[Interaction] = []
        self._is_sorted = True
        self._changed_at = 0

    def __len__(self) -> int:
        return len(self.own) + len(self.forwarded) + len(self.entries)

    def apply_click(self, click: Click, timestamp: int) -> list[Interaction]:
        """Apply a click that names this buyer; return the new or changed interactions, none for a copy.

        Raises:
            RefusedError: EVENT_ID_CLASH, if its event_id belongs to a click that differs.
        """
        known = self.own.get(click.event_id)
        if known is not None and not _is_earlier_copy(known, click, timestamp):
            return []
        interaction = own_click(click, timestamp)
        self._store(interaction, known)
        if click.click_id not in self._naming:
            return [interaction]
        return [interaction, *self._join(click.click_id)]

    def apply_forwarded_click(self, click: Click, timestamp: int) -> list[Interaction]:
        """Apply an anonymous click that an entry of this buyer names; otherwise like ``apply_click``."""
        key = (click.event_id, click.click_id)
        known = self.forwarded.get(key)
        if known is not None and not _is_earlier_copy(known, click, timestamp):
            return []
        interaction = forwarded_click(click, timestamp)
        self._store(interaction if known is None else replace(interaction, touch_at=known.touch_at), known)
        changed = self._join(click.click_id)
        interaction = self.forwarded[key]
        return changed if interaction in changed else [interaction, *changed]

    def apply_entry(self, event: RoomEntry, timestamp: int) -> list[Interaction]:
        """Apply a room entry; otherwise like ``apply_click``."""
        known = self.entries.get(event.event_id)
        if known is not None and not _is_earlier_copy(known, event, timestamp):
            return []
        interaction = entry(event, timestamp)
        self._store(
            interaction if known is None else replace(interaction, claimed_at=known.claimed_at), known
        )
        changed = self._join(event.click_id) if event.click_id is not None else []
        interaction = self.entries[event.event_id]
        return changed if interaction in changed else [interaction, *changed]

    def restore(self, interaction: Interaction) -> None:
        """Restore a stored interaction, joins included; it replaces one restored earlier."""
        self._is_sorted = False
        known = self.entries.get(interaction.event_id) if interaction.kind == ENTRY else None
        self._store(interaction, known)
        self._clicks = None

    def interactions(self) -> Iterator[Interaction]:
        """Yield all interactions, in no particular order."""
        return chain(self.own.values(), self.forwarded.values(), self.entries.values())

    def timeline(self) -> list[Interaction]:
        """Return the interactions that are touches now, in the order of touches."""
        if not self._is_sorted:
            self._timeline = sorted(filter(_is_touch, self.interactions()))
            self._is_sorted = True
        return self._timeline

    def touches(self, first: int, last: int, lock: int) -> list[Interaction]:
        """Return, in order, the touches in [first, last] that count for an order with a lock (ms)."""
        if lock < self._changed_at:
            seen = (m for m in self.interactions() if m.link_id and m.touch_at <= lock < m.claimed_at)
            return sorted(m for m in seen if first <= m.occurred_at <= last)
        timeline = self.timeline()
        start = bisect_left(timeline, first, key=_OCCURRED_AT)
        return timeline[start : bisect_right(timeline, last, lo=start, key=_OCCURRED_AT)]

    def forget_before(self, time: int) -> None:
        """Drop the interactions before a time (ms)."""
        self.own = {key: m for key, m in self.own.items() if m.occurred_at >= time}
        self.forwarded = {key: m for key, m in self.forwarded.items() if m.occurred_at >= time}
        self.entries = {key: m for key, m in self.entries.items() if m.occurred_at >= time}
        self._clicks = None
        self._naming = {}
        for interaction in self.entries.values():
            self._index(interaction)
        self._is_sorted = False

    def as_if_early(self, event: Click | RoomEntry) -> "History":
        """Return a copy of the history with the event, and what it joins, recorded at the beginning."""
        twin = self._copy()
        named = [m for m in self.forwarded.values() if m.click_id == event.click_id]
        if isinstance(event, RoomEntry):
            twin.apply_entry(event, _BEGINNING)
        elif event.buyer_id is not None:
            twin.apply_click(event, _BEGINNING)
            return twin
        else:
            for event_id in self._naming.get(event.click_id, ()):
                naming = self.entries[event_id].event
                assert isinstance(naming, RoomEntry)  # noqa: S101
                twin.apply_entry(naming, _BEGINNING)
        for interaction in named:
            assert isinstance(interaction.event, Click)  # noqa: S101
            twin.apply_forwarded_click(interaction.event, _BEGINNING)
        return twin

    def _copy(self) -> "History":
        twin = History()
        twin.own, twin.forwarded, twin.entries = self.own.copy(), self.forwarded.copy(), self.entries.copy()
        twin._naming = {click_id: list(ids) for click_id, ids in self._naming.items()}
        twin._is_sorted = False
        twin._changed_at = self._changed_at
        return twin

    def _store(self, interaction: Interaction, known: Interaction | None) -> None:
        """Store an interaction in place of the known one, if any."""
        if interaction.kind == OWN_CLICK:
            self.own[interaction.event_id] = interaction
        elif interaction.kind == FORWARDED_CLICK:
            self.forwarded[interaction.event_id, interaction.click_id] = interaction
        else:
            self.entries[interaction.event_id] = interaction
        if known is None:
            self._index(interaction)
        if _is_touch(interaction):
            self._changed_at = max(self._changed_at, interaction.touch_at)
        elif interaction.claimed_at != NEVER:
            self._changed_at = max(self._changed_at, interaction.claimed_at)
        if self._is_sorted:
            self._place(interaction, known)

    def _index(self, interaction: Interaction) -> None:
        if interaction.kind != ENTRY:
            if self._clicks is not None:
                self._clicks.setdefault(interaction.click_id, []).append(
                    (interaction.kind, interaction.event_id)
                )
        elif interaction.click_id:
            self._naming.setdefault(interaction.click_id, []).append(interaction.event_id)

    def _place(self, interaction: Interaction, known: Interaction | None) -> None:
        timeline = self._timeline
        if known is not None and _is_touch(known):
            del timeline[bisect_left(timeline, known)]
        if not _is_touch(interaction):
            return
        if timeline and interaction < timeline[-1]:
            insort(timeline, interaction)
        else:
            timeline.append(interaction)

    def _join(self, click_id: str) -> list[Interaction]:
        """Join clicks with the entries that name them; return what changed."""
        naming = [self.entries[event_id] for event_id in self._naming.get(click_id, ())]
        changed: list[Interaction] = []
        belongs_from = NEVER
        for interaction in self._clicks_named(click_id):
            touch_at = interaction.touch_at
            if interaction.kind == FORWARDED_CLICK:
                touch_at = _joined_at(interaction, naming)
            if touch_at < interaction.touch_at:
                changed.append(replace(interaction, touch_at=touch_at))
                self._store(changed[-1], interaction)
            belongs_from = min(belongs_from, touch_at)
        for interaction in naming:
            if belongs_from < interaction.claimed_at:
                changed.append(replace(interaction, claimed_at=belongs_from))
                self._store(changed[-1], interaction)
        return changed

    def _clicks_named(self, click_id: str) -> list[Interaction]:
        """Return the clicks with a click_id. The first call builds the index."""
        if self._clicks is None:
            self._clicks = {}
            for interaction in chain(self.own.values(), self.forwarded.values()):
                self._clicks.setdefault(interaction.click_id, []).append(
                    (interaction.kind, interaction.event_id)
                )
        return [
            self.own[event_id] if kind == OWN_CLICK else self.forwarded[event_id, click_id]
            for kind, event_id in self._clicks.get(click_id, ())
        ]


def _is_touch(interaction: Interaction) -> bool:
    """Return whether an interaction is a touch for an order whose lock is not before any of its evidence."""
    return interaction.link_id != "" and interaction.touch_at != NEVER and interaction.claimed_at == NEVER


def _joined_at(click: Interaction, naming: list[Interaction]) -> int:
    """Return the record timestamp of an anonymous click's touch; NEVER if no entry is late enough."""
    brought = [e.reported_at for e in naming if e.occurred_at >= click.occurred_at]
    return max(click.reported_at, min(brought)) if brought else NEVER


def _is_earlier_copy(known: Interaction, event: Any, timestamp: int) -> bool:
    if known.event != event:
        raise RefusedError("EVENT_ID_CLASH", f"event_id {event.event_id} belongs to a record that differs")
    return timestamp < known.reported_at
