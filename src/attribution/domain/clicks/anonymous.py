"""The anonymous clicks with one click_id, and their matched buyers."""

from collections.abc import Iterator

import msgspec

from attribution.domain.ingest.refusal import RefusedError
from attribution.domain.records.events import Click, RoomEntry


class ReportedClick(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An anonymous click and the smallest of its record timestamps."""

    timestamp: int
    click: Click


class AnonymousClicks(msgspec.Struct, array_like=True):
    """The anonymous clicks with one click_id, and the buyers whose room entries name it.

    ``matched_buyers`` holds the occurred_at of each buyer's latest such entry. ``newest`` is the latest
    occurred_at of all clicks and entries, and decides when they expire.
    """

    clicks: dict[str, ReportedClick] = msgspec.field(default_factory=dict)
    matched_buyers: dict[str, int] = msgspec.field(default_factory=dict)
    newest: int = 0

    def forget(self) -> None:
        """Clear the clicks and buyers after they have expired."""
        self.clicks.clear()
        self.matched_buyers.clear()
        self.newest = 0

    def apply_click(self, click: Click, timestamp: int) -> Iterator[str]:
        """Apply an anonymous click; yield the buyers to forward it to.

        Raises:
            RefusedError: EVENT_ID_CLASH, if its event_id belongs to a click that differs.
        """
        known = self.clicks.get(click.event_id)
        if known is not None and known.click != click:
            raise RefusedError(
                "EVENT_ID_CLASH", f"event_id {click.event_id} belongs to a record that differs"
            )
        if known is not None and known.timestamp <= timestamp:
            return
        self.clicks[click.event_id] = ReportedClick(timestamp, click)
        self.newest = max(self.newest, click.occurred_at)
        yield from (
            buyer for buyer, entered in sorted(self.matched_buyers.items()) if entered >= click.occurred_at
        )

    def apply_entry(self, entry: RoomEntry) -> Iterator[ReportedClick]:
        """Apply a room entry that names this click_id; yield the clicks to forward to its buyer."""
        entered = max(entry.occurred_at, self.matched_buyers.get(entry.buyer_id, 0))
        self.matched_buyers[entry.buyer_id] = entered
        self.newest = max(self.newest, entry.occurred_at)
        yield from (known for known in self.clicks.values() if known.click.occurred_at <= entry.occurred_at)
