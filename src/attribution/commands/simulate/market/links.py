"""Promoter links with the targets room, product, merchant and any."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from attribution.commands.simulate.market.campaigns import CAMPAIGN_IDS
from attribution.commands.simulate.market.products import MERCHANTS, Product, merchant_id
from attribution.commands.simulate.market.promoters import PROMOTERS, promoter_id
from attribution.commands.simulate.market.reference_version import TimedVersion, as_of_effective
from attribution.commands.simulate.market.rooms import POSTED_BEFORE_MS, LiveRoom
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.scenario import Scenario
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Link

PER_ROOM: Final = 12
ANY_LINKS: Final = 60
COUPONS: Final = ("SAVE5", "SAVE10", "LIVE20")


@dataclass(frozen=True, slots=True)
class LinkPool:
    """Links by room, all other links, and the other links by promoter."""

    by_room: dict[str, tuple[Link, ...]]
    open_links: tuple[Link, ...]
    by_promoter: dict[str, list[Link]]


def link_pool(
    scenario: Scenario, sessions: tuple[LiveRoom, ...], catalogue: tuple[Product, ...], rng: RandomSource
) -> LinkPool:
    """Return the first version of every link."""
    by_room = {session.room_id: tuple(_room_links(session, rng)) for session in sessions}
    open_links = tuple(_open_links(scenario, catalogue, rng))
    by_promoter: dict[str, list[Link]] = defaultdict(list)
    for link in open_links:
        by_promoter[link.promoter_id].append(link)
    return LinkPool(by_room, open_links, dict(by_promoter))


def timed_versions(pool: LinkPool, scenario: Scenario) -> Iterator[TimedVersion]:
    """Yield every version of every link."""
    for links in pool.by_room.values():
        yield from (as_of_effective("links", link) for link in links)
    for number, link in enumerate(pool.open_links):
        yield as_of_effective("links", link)
        if number % 20 == 11:
            campaign = CAMPAIGN_IDS[(number + 1) % len(CAMPAIGN_IDS)]
            moved = replace(link, effective_from=scenario.at(2, 3), campaign_id=campaign)
            yield as_of_effective("links", moved)


def _room_links(session: LiveRoom, rng: RandomSource) -> Iterator[Link]:
    for number in range(PER_ROOM):
        posted_at = session.started_at - POSTED_BEFORE_MS
        yield Link(
            effective_from=posted_at,
            link_id=f"l{session.room_id}-{number}",
            promoter_id=promoter_id(rng.below(PROMOTERS)),
            target="room",
            room_id=session.room_id,
            valid_from=posted_at,
            valid_to=session.ended_at if number % 3 == 0 else None,
            campaign_id=rng.pick(CAMPAIGN_IDS),
            pid=_pid(number, rng),
            coupon_code=rng.pick(COUPONS) if number == 7 else None,
        )


def _open_links(scenario: Scenario, catalogue: tuple[Product, ...], rng: RandomSource) -> Iterator[Link]:
    """Yield one link per product, one per merchant, and some to anything; every 30th expires in the run."""
    plain = Link(
        effective_from=scenario.start_ms - 7 * DAY_MS,
        link_id="plain",
        promoter_id="plain",
        target="any",
        valid_from=scenario.start_ms - 7 * DAY_MS,
    )
    targets = [replace(plain, target="product", product_id=product.product_id) for product in catalogue]
    targets += [
        replace(plain, target="merchant", merchant_id=merchant_id(number)) for number in range(MERCHANTS)
    ]
    targets += [plain] * ANY_LINKS
    for number, link in enumerate(targets):
        yield replace(
            link,
            link_id=f"l{number}",
            promoter_id=promoter_id(number % PROMOTERS),
            valid_to=scenario.at(1 + number % 3, 4) if number % 30 == 17 else None,
            campaign_id=None if number % 10 == 0 else rng.pick(CAMPAIGN_IDS),
            pid=_pid(number, rng),
            coupon_code=rng.pick(COUPONS) if number % 25 == 6 else None,
        )


def _pid(number: int, rng: RandomSource) -> str | None:
    """Return a Taobaoke pid (member, site and slot) for every fourth link, else None."""
    return f"mm_{rng.between(1000, 1999)}_{rng.between(1, 9)}_{number}" if number % 4 == 1 else None
