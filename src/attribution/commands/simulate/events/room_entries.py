"""Room entries. Some name a link, some a click that may have been forwarded."""

from itertools import count
from typing import Final

from attribution.commands.simulate.market.rooms import LiveRoom
from attribution.commands.simulate.schedule.run_state import RunState, Visit
from attribution.domain.records.events import RoomEntry

_CALLING_PPM: Final = 700_000
_BY_LINK_PPM: Final = 150_000
_LEAVES_PPM: Final = 600_000
_STAY_MS: Final = (5_000, 1_800_000)


class RoomEntries:
    """Generator of room entries."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._numbers = count()

    def walk_in(self, at: int) -> None:
        """Add a room entry, sometimes with a link. Most rooms are those whose host calls a product."""
        run = self._run
        room = run.on_air.room(run.rng, _CALLING_PPM)
        link_id = None
        if run.rng.chance(_BY_LINK_PPM):
            link_id = run.rng.pick(run.market.links.by_room[room.room_id]).link_id
        self.enter(at, run.crowd.draw(), room, link_id=link_id)

    def enter(
        self, at: int, buyer_id: str, room: LiveRoom, click_id: str | None = None, link_id: str | None = None
    ) -> None:
        """Add a room entry. The buyer may buy in the room afterwards."""
        run = self._run
        leaves = run.rng.chance(_LEAVES_PPM)
        entry = RoomEntry(
            event_id=f"ee{next(self._numbers)}",
            occurred_at=at,
            buyer_id=buyer_id,
            room_id=room.room_id,
            click_id=click_id,
            link_id=link_id,
            left_at=at + run.rng.between(*_STAY_MS) if leaves else None,
        )
        run.queue.add("room-entries", buyer_id, entry)
        run.entered.remember(Visit(buyer_id, at, room_id=room.room_id))
