"""What everybody who makes events needs at hand."""

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
    """A buyer was brought somewhere: to a room, or to a product, or just anywhere."""

    buyer_id: str
    at: int
    room_id: str | None = None
    product: Product | None = None


@dataclass(slots=True)
class Visits:
    """The latest visits, a ring of 4,096; who buys is drawn from them."""

    ring: list[Visit] = field(default_factory=list)
    oldest: int = 0

    def remember(self, visit: Visit) -> None:
        """Takes in a visit; the oldest is forgotten."""
        if len(self.ring) < _REMEMBERED:
            self.ring.append(visit)
            return
        self.ring[self.oldest] = visit
        self.oldest = (self.oldest + 1) % _REMEMBERED


class RunState:
    """A run in progress: its world, its chances, who is on air and who was where."""

    def __init__(self, scenario: Scenario, market: Market) -> None:
        self.scenario = scenario
        self.market = market
        self.rng = RandomSource(scenario.seed, stream=2)
        self.crowd = Crowd(scenario.buyers, self.rng)
        self.queue = EventQueue(scenario, RandomSource(scenario.seed, stream=3))
        self.on_air = OnAir(market.sessions)
        self.entered = Visits()
        self.clicked = Visits()
