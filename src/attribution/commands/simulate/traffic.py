"""The records of a run, minute by minute."""

from collections.abc import Iterator
from typing import Final

from attribution.commands.simulate.events import platform_events
from attribution.commands.simulate.events.clicks import Clicks
from attribution.commands.simulate.events.invalid_records import with_faults
from attribution.commands.simulate.events.orders import Orders
from attribution.commands.simulate.events.room_entries import RoomEntries
from attribution.commands.simulate.market import market
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.schedule.rate_profile import SLOT_MS, RateProfile, TargetCounts
from attribution.commands.simulate.schedule.run_state import RunState
from attribution.engine.producer_record import ProducerRecord

_TOO_FAST_PPM: Final = 10_000
_FLOOD_PPM: Final = 50


def simulate(settings: Scenario) -> Iterator[ProducerRecord]:
    """Return the records of a run in order of their record timestamps.

    The same settings give the same bytes on every machine. Reference versions come first, dated before the
    run. Later versions come during the run.
    """
    records = Traffic(settings).play()
    return with_faults(records, RandomSource(settings.seed, stream=4), settings)


class Traffic:
    """Generator of the traffic of a run."""

    def __init__(self, scenario: Scenario) -> None:
        self._run = RunState(scenario, market.build(scenario))
        self._rate_profile = RateProfile(scenario, self._run.market.sessions)
        self._entries = RoomEntries(self._run)
        self._clicks = Clicks(self._run, self._entries)
        self._orders = Orders(self._run, self._clicks)

    def play(self) -> Iterator[ProducerRecord]:
        """Yield every record of the run except the broken ones, in order of arrival."""
        run = self._run
        for timed in run.market.timed_versions:
            run.queue.add_version(timed)
        platform_events.add_sanctions(run.scenario, run.queue)
        platform_events.add_task_reports(run.scenario, run.queue)
        clock = platform_events.Clock(run.scenario, run.queue)
        for slot in range(self._rate_profile.slots):
            start = run.scenario.start_ms + slot * SLOT_MS
            clock.until(start + SLOT_MS)
            self._fill(start, self._rate_profile.target_counts(slot))
            yield from run.queue.until(start + SLOT_MS)
        yield from run.queue.rest()

    def _fill(self, start: int, target: TargetCounts) -> None:
        """Add the events due in a minute. Later events caused by an order or a click count at once."""
        run = self._run
        added = run.queue.added
        run.on_air.advance(start)
        while added["orders"] < target.orders and run.queue.total < target.total:
            self._order(self._time_in_slot(start))
        while added["room-entries"] < target.entries and run.queue.total < target.total:
            self._entries.walk_in(self._time_in_slot(start))
        most_entries = target.entries + run.scenario.events // 100
        while run.queue.total < target.total:
            if run.rng.chance(_FLOOD_PPM):
                self._clicks.flood(start)
            self._clicks.follow(self._time_in_slot(start), may_enter=added["room-entries"] < most_entries)

    def _order(self, at: int) -> None:
        if self._run.rng.chance(_TOO_FAST_PPM):
            self._orders.place_too_fast(at)
        else:
            self._orders.place(at)

    def _time_in_slot(self, start: int) -> int:
        return start + self._run.rng.below(SLOT_MS)
