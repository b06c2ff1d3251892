"""The state of a run, shared by the generators of events."""

from dataclasses import dataclass, field
from typing import Final

from attribution.commands.simulate.market.market import Market
from attribution.commands.simulate.market.products import Product
from attribution.commands.simulate.market.rooms import OnAir
from attribution.commands.simulate.random_source import Crowd, RandomSource
from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.schedule.event_queue import EventQueue

_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Visit:
    """A buyer at a time, in a room, at a product, or at neither."""

    buyer_id: str
    at: int
    room_id: str | None = None
    product: Product | None = None


@dataclass(slots=True)
class Visits:
    """The latest 4,096 visits, as a ring. Orders draw their buyers from it."""

    ring: list[Visit] = field(default_factory=list)
    oldest: int = 0

    def remember(self, visit: Visit) -> None:
        """Add a visit. A full ring overwrites the oldest."""
        if len(self.ring) < _REMEMBERED:
            self.ring.append(visit)
            return
        self.ring[self.oldest] = visit
        self.oldest = (self.oldest + 1) % _REMEMBERED


class RunState:
    """The state of a run: its market, random source, event queue, rooms on air and recent visits."""

    def __init__(self, scenario: Scenario, market: Market) -> None:
        self.scenario = scenario
        self.market = market
        self.rng = RandomSource(scenario.seed, stream=2)
        self.crowd = Crowd(scenario.buyers, self.rng)
        self.queue = EventQueue(scenario, RandomSource(scenario.seed, stream=3))
        self.on_air = OnAir(market.sessions)
        self.entered = Visits()
        self.clicked = Visits()
