"""Promoter links into rooms, to products, to merchants and to anything."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from attribution.commands.simulate.market.campaigns import CAMPAIGN_IDS
from attribution.commands.simulate.market.products import MERCHANTS, Product, merchant_id
from attribution.commands.simulate.market.promoters import PROMOTERS, promoter_id
from attribution.commands.simulate.market.reference_version import Announcement, in_time
from attribution.commands.simulate.market.rooms import ANNOUNCED_BEFORE_MS, LiveRoom
from attribution.commands.simulate.random_source import Dice
from attribution.commands.simulate.scenario import Scenario
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Link

PER_ROOM: Final = 12
ANY_LINKS: Final = 60
COUPONS: Final = ("SAVE5", "SAVE10", "LIVE20")


@dataclass(frozen=True, slots=True)
class LinkPool:
    """All links by what they lead to, and by who posts them."""

    by_room: dict[str, tuple[Link, ...]]
    open_links: tuple[Link, ...]
    by_promoter: dict[str, list[Link]]


def link_pool(
    scenario: Scenario, sessions: tuple[LiveRoom, ...], catalogue: tuple[Product, ...], dice: Dice
) -> LinkPool:
    """The first version of every link."""
    by_room = {session.room_id: tuple(_room_links(session, dice)) for session in sessions}
    open_links = tuple(_open_links(scenario, catalogue, dice))
    by_promoter: dict[str, list[Link]] = defaultdict(list)
    for link in open_links:
        by_promoter[link.promoter_id].append(link)
    return LinkPool(by_room, open_links, dict(by_promoter))


def announcements(pool: LinkPool, scenario: Scenario) -> Iterator[Announcement]:
    """Every version of every link."""
    for links in pool.by_room.values():
        yield from (in_time("links", link) for link in links)
    for number, link in enumerate(pool.open_links):
        yield in_time("links", link)
        if number % 20 == 11:
            campaign = CAMPAIGN_IDS[(number + 1) % len(CAMPAIGN_IDS)]
            moved = replace(link, effective_from=scenario.at(2, 3), campaign_id=campaign)
            yield in_time("links", moved)


def _room_links(session: LiveRoom, dice: Dice) -> Iterator[Link]:
    for number in range(PER_ROOM):
        posted_at = session.started_at - ANNOUNCED_BEFORE_MS
        yield Link(
            effective_from=posted_at,
            link_id=f"l{session.room_id}-{number}",
            promoter_id=promoter_id(dice.below(PROMOTERS)),
            target="room",
            room_id=session.room_id,
            valid_from=posted_at,
            valid_to=session.ended_at if number % 3 == 0 else None,
            campaign_id=dice.pick(CAMPAIGN_IDS),
            pid=_pid(number, dice),
            coupon_code=dice.pick(COUPONS) if number == 7 else None,
        )


def _open_links(scenario: Scenario, catalogue: tuple[Product, ...], dice: Dice) -> Iterator[Link]:
    """One link a product, one a merchant, and some to anything; every 30th expires within the run."""
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
            campaign_id=None if number % 10 == 0 else dice.pick(CAMPAIGN_IDS),
            pid=_pid(number, dice),
            coupon_code=dice.pick(COUPONS) if number % 25 == 6 else None,
        )


def _pid(number: int, dice: Dice) -> str | None:
    """Every fourth link is a Taobaoke one, with member, site and slot."""
    return f"mm_{dice.between(1000, 1999)}_{dice.between(1, 9)}_{number}" if number % 4 == 1 else None
