"""A run, minute by minute."""

from collections.abc import Iterator
from typing import Final

from attribution.commands.simulate.events import platform_events as backstage
from attribution.commands.simulate.events.clicks import Clicks
from attribution.commands.simulate.events.invalid_records import with_faults
from attribution.commands.simulate.events.orders import Orders
from attribution.commands.simulate.events.room_entries import Entries
from attribution.commands.simulate.market import market as world
from attribution.commands.simulate.random_source import Dice
from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.schedule.rate_profile import SLOT_MS, Due, Pace
from attribution.commands.simulate.schedule.run_state import Stage
from attribution.engine.producer_record import ProducerRecord

_TOO_FAST_PPM: Final = 10_000
_FLOOD_PPM: Final = 50


def simulate(settings: Scenario) -> Iterator[ProducerRecord]:
    """The records of a run in the order of their record timestamps.

    The same settings give the same bytes on every machine. Reference versions come first, dated before the run;
    later versions come while it lasts.
    """
    records = Traffic(settings).play()
    return with_faults(records, Dice(settings.seed, stream=4), settings)


class Traffic:
    """Decides when buyers do what."""

    def __init__(self, scenario: Scenario) -> None:
        self._stage = Stage(scenario, world.build(scenario))
        self._pace = Pace(scenario, self._stage.world.sessions)
        self._entries = Entries(self._stage)
        self._clicks = Clicks(self._stage, self._entries)
        self._orders = Orders(self._stage, self._clicks)

    def play(self) -> Iterator[ProducerRecord]:
        """Every record of the run but the broken ones, by arrival."""
        stage = self._stage
        for announcement in stage.world.announcements:
            stage.agenda.announce(announcement)
        backstage.book_sanctions(stage.scenario, stage.agenda)
        backstage.book_tasks(stage.scenario, stage.agenda)
        clock = backstage.Clock(stage.scenario, stage.agenda)
        for slot in range(self._pace.slots):
            start = stage.scenario.start_ms + slot * SLOT_MS
            clock.until(start + SLOT_MS)
            self._fill(start, self._pace.due(slot))
            yield from stage.agenda.until(start + SLOT_MS)
        yield from stage.agenda.rest()

    def _fill(self, start: int, due: Due) -> None:
        """Books what is due in a minute; what an order or a click brings about later counts at once."""
        stage = self._stage
        booked = stage.agenda.booked
        stage.on_air.advance(start)
        while booked["orders"] < due.orders and stage.agenda.total < due.total:
            self._order(self._moment(start))
        while booked["room-entries"] < due.entries and stage.agenda.total < due.total:
            self._entries.walk_in(self._moment(start))
        most_entries = due.entries + stage.scenario.events // 100
        while stage.agenda.total < due.total:
            if stage.dice.chance(_FLOOD_PPM):
                self._clicks.flood(start)
            self._clicks.follow(self._moment(start), may_enter=booked["room-entries"] < most_entries)

    def _order(self, at: int) -> None:
        if self._stage.dice.chance(_TOO_FAST_PPM):
            self._orders.place_too_fast(at)
        else:
            self._orders.place(at)

    def _moment(self, start: int) -> int:
        return start + self._stage.dice.below(SLOT_MS)
