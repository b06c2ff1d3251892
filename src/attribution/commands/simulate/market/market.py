"""The reference data of a run, put together."""

from dataclasses import dataclass

from attribution.commands.simulate.market import campaigns as programmes
from attribution.commands.simulate.market import links, promoters, rooms
from attribution.commands.simulate.market.products import Product, products
from attribution.commands.simulate.market.reference_version import Announcement
from attribution.commands.simulate.random_source import Dice
from attribution.commands.simulate.scenario import Scenario
from attribution.domain.records.reference import Promoter


@dataclass(frozen=True, slots=True)
class World:
    """What is there before anybody clicks, and every reference version of the run by when it is made known."""

    catalogue: tuple[Product, ...]
    product_by_id: dict[str, Product]
    sessions: tuple[rooms.LiveRoom, ...]
    links: links.LinkPool
    self_promoters: tuple[Promoter, ...]
    announcements: tuple[Announcement, ...]


def build(scenario: Scenario) -> World:
    """The world of a scenario."""
    dice = Dice(scenario.seed, stream=1)
    catalogue = products(dice)
    sessions = rooms.rooms(scenario, catalogue, dice)
    pool = links.link_pool(scenario, sessions, catalogue, dice)
    first = promoters.promoters(scenario)
    announced = [
        *programmes.announcements(scenario),
        *promoters.announcements(scenario, first),
        *rooms.announcements(sessions, scenario.end_ms),
        *links.announcements(pool, scenario),
    ]
    return World(
        catalogue=catalogue,
        product_by_id={product.product_id: product for product in catalogue},
        sessions=sessions,
        links=pool,
        self_promoters=tuple(
            one for one in first if one.own_buyer_ids and one.promoter_id in pool.by_promoter
        ),
        announcements=tuple(sorted(announced, key=lambda one: one.announced_at)),
    )
