"""The stitch step: an anonymous click goes to each buyer with a room entry that names it."""

from collections.abc import Iterator

from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.steps.ports import StitchState


class StitchStep:
    """Keyed by click_id; what it forwards is joined to the buyer's own entries by the next step."""

    def __init__(self, state: StitchState) -> None:
        self._state = state

    def click(self, click: Click, timestamp: int) -> Iterator[str]:
        """Take in an anonymous click; yield the buyers to forward it to.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        anonymous_clicks = self._state.anonymous_clicks(click.click_id)
        yield from anonymous_clicks.apply_click(click, timestamp)
        self._state.save_anonymous_clicks(click.click_id, anonymous_clicks)

    def entry(self, entry: RoomEntry) -> Iterator[tuple[Click, int]]:
        """Take in a room entry that names a click; yield the clicks to forward to its buyer, with timestamps."""
        if entry.click_id is None:
            return
        anonymous_clicks = self._state.anonymous_clicks(entry.click_id)
        yield from ((version.click, version.timestamp) for version in anonymous_clicks.apply_entry(entry))
        self._state.save_anonymous_clicks(entry.click_id, anonymous_clicks)
