"""Buyers enter rooms, some of them by a link, some by a click that somebody forwarded."""

from itertools import count
from typing import Final

from attribution.commands.simulate.market.rooms import LiveRoom
from attribution.commands.simulate.schedule.run_state import Stage, Visit
from attribution.domain.records.events import RoomEntry

_CALLING_PPM: Final = 700_000
_BY_LINK_PPM: Final = 150_000
_LEAVES_PPM: Final = 600_000
_STAY_MS: Final = (5_000, 1_800_000)


class Entries:
    """Makes room entries."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._numbers = count()

    def walk_in(self, at: int) -> None:
        """Somebody enters a room, by a link at times; most come while the host calls a product."""
        stage = self._stage
        room = stage.on_air.room(stage.dice, _CALLING_PPM)
        link_id = None
        if stage.dice.chance(_BY_LINK_PPM):
            link_id = stage.dice.pick(stage.world.links.by_room[room.room_id]).link_id
        self.enter(at, stage.crowd.draw(), room, link_id=link_id)

    def enter(
        self, at: int, buyer_id: str, room: LiveRoom, click_id: str | None = None, link_id: str | None = None
    ) -> None:
        """A buyer enters a room, and may buy there."""
        stage = self._stage
        leaves = stage.dice.chance(_LEAVES_PPM)
        entry = RoomEntry(
            event_id=f"ee{next(self._numbers)}",
            occurred_at=at,
            buyer_id=buyer_id,
            room_id=room.room_id,
            click_id=click_id,
            link_id=link_id,
            left_at=at + stage.dice.between(*_STAY_MS) if leaves else None,
        )
        stage.agenda.book("room-entries", buyer_id, entry)
        stage.entered.remember(Visit(buyer_id, at, room_id=room.room_id))
