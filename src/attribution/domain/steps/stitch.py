"""The stitch step: an anonymous click goes to each buyer with a room entry that names it."""

from collections.abc import Iterator

from attribution.domain.records.events import Click, RoomEntry
from attribution.domain.steps.ports import StitchState


class Stitch:
    """Keyed by click_id; what it forwards is joined to the buyer's own entries by the next step."""

    def __init__(self, state: StitchState) -> None:
        self._state = state

    def click(self, click: Click, timestamp: int) -> Iterator[str]:
        """Take in an anonymous click; yield the buyers to forward it to.

        Raises:
            RefusedError: EVENT_ID_CLASH.
        """
        thread = self._state.thread(click.click_id)
        yield from thread.take_click(click, timestamp)
        self._state.save_thread(click.click_id, thread)

    def entry(self, entry: RoomEntry) -> Iterator[tuple[Click, int]]:
        """Take in a room entry that names a click; yield the clicks to forward to its buyer, with timestamps."""
        if entry.click_id is None:
            return
        thread = self._state.thread(entry.click_id)
        yield from ((known.click, known.timestamp) for known in thread.take_entry(entry))
        self._state.save_thread(entry.click_id, thread)
