"""The stitch step: forwards an anonymous click to each buyer with a room entry that names it."""

from collections.abc import Iterator

from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.steps.ports import StitchState


class StitchStep:
    """The step keyed by click_id; the next step joins the clicks to the buyer's own entries."""

    def __init__(self, state: StitchState) -> None:
        self._state = state

    def click(self, click: Click, timestamp: int) -> Iterator[str]:
        """Apply an anonymous click; yield the buyers to forward it to.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        anonymous_clicks = self._state.anonymous_clicks(click.click_id)
        yield from anonymous_clicks.apply_click(click, timestamp)
        self._state.save_anonymous_clicks(click.click_id, anonymous_clicks)

    def entry(self, entry: RoomEntry) -> Iterator[tuple[Click, int]]:
        """Apply a room entry that names a click; yield clicks, with timestamps, to forward to its buyer."""
        if entry.click_id is None:
            return
        anonymous_clicks = self._state.anonymous_clicks(entry.click_id)
        yield from ((version.click, version.timestamp) for version in anonymous_clicks.apply_entry(entry))
        self._state.save_anonymous_clicks(entry.click_id, anonymous_clicks)
