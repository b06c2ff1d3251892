"""The reference data of a run in one object."""

from dataclasses import dataclass

from attribution.commands.simulate.market import campaigns, links, promoters, rooms
from attribution.commands.simulate.market.products import Product, products
from attribution.commands.simulate.market.reference_version import TimedVersion
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import Scenario
from attribution.domain.records.reference import Promoter


@dataclass(frozen=True, slots=True)
class Market:
    """The reference data of a run. ``timed_versions`` has every version, ordered by ``recorded_at``."""

    catalogue: tuple[Product, ...]
    product_by_id: dict[str, Product]
    sessions: tuple[rooms.LiveRoom, ...]
    links: links.LinkPool
    self_promoters: tuple[Promoter, ...]
    timed_versions: tuple[TimedVersion, ...]


def build(scenario: Scenario) -> Market:
    """Return the market of a scenario."""
    rng = RandomSource(scenario.seed, stream=1)
    catalogue = products(rng)
    sessions = rooms.rooms(scenario, catalogue, rng)
    pool = links.link_pool(scenario, sessions, catalogue, rng)
    first = promoters.promoters(scenario)
    announced = [
        *campaigns.timed_versions(scenario),
        *promoters.timed_versions(scenario, first),
        *rooms.timed_versions(sessions, scenario.end_ms),
        *links.timed_versions(pool, scenario),
    ]
    return Market(
        catalogue=catalogue,
        product_by_id={product.product_id: product for product in catalogue},
        sessions=sessions,
        links=pool,
        self_promoters=tuple(
            one for one in first if one.own_buyer_ids and one.promoter_id in pool.by_promoter
        ),
        timed_versions=tuple(sorted(announced, key=lambda one: one.recorded_at)),
    )
