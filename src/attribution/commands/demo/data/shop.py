"""What the source lacks: products with prices, promoters, links, rooms, campaigns and a policy.

All of it is made up by fixed rules. Times are milliseconds since the epoch, UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter, Room, Split

OPENED_AT: Final = 1_703_980_800_000  # 2023-12-31T00:00:00Z, before the first session
FIRST_MONDAY: Final = 1_704_067_200_000  # 2024-01-01T00:00:00Z
MAIL_ENROLLED_FROM: Final = 1_711_929_600_000  # 2024-04-01T00:00:00Z
WEEKS: Final = 26
WEEK_MS: Final = 7 * DAY_MS
PLATFORMS: Final = ("desktop", "mobile", "tablet")
CHANNELS: Final = ("paid_search", "social", "email")
CREATORS: Final = ("ann", "ben")
REVIEWER: Final = "rita"
SELF_BUYER: Final = "user_0119"
_MERCHANTS: Final = ("m-audio", "m-phones", "m-cameras")
_CATEGORIES: Final = ("audio", "phones", "cameras")
_PRODUCTS: Final = 36


@dataclass(frozen=True, slots=True)
class Product:
    """A product; ``price`` is in fen."""

    product_id: str
    merchant_id: str
    category: str
    price: int


def draw(text: str, bound: int) -> int:
    """Return a number in [0, bound) that depends only on the text."""
    return crc32(text.encode()) % bound


def product(number: int) -> Product:
    """Return the product with a number; its price, 1,990 to 41,989 fen, follows from its id."""
    product_id = f"p{number:02d}"
    group = number % len(_MERCHANTS)
    return Product(product_id, _MERCHANTS[group], _CATEGORIES[group], 1_990 + draw(product_id, 40_000))


PRODUCTS: Final = tuple(product(number) for number in range(_PRODUCTS))


def week_of(at: int) -> int:
    """Return the week of a time, counted from 2024-01-01."""
    return (at - FIRST_MONDAY) // WEEK_MS


def room_id(creator: str, at: int) -> str:
    """Return the id of the creator's room that is on air at a time."""
    return f"room-{creator}-{week_of(at):02d}"


def channel_link(channel: str, platform: str) -> str:
    """Return the id of the link that brings a channel's users on a platform."""
    return f"link-{channel}-{platform}"


def room_link(room: str) -> str:
    """Return the id of the host's own link into a room."""
    return f"link-{room}"


def product_link(promoter: str, product_id: str) -> str:
    """Return the id of a promoter's showcase link to a product."""
    return f"link-{promoter}-{product_id}"


def promoters() -> Iterator[Promoter]:
    """Yield a promoter per channel, the two hosts and a reviewer; the email promoter enrols later."""
    yield Promoter(
        effective_from=OPENED_AT,
        promoter_id="paid_search",
        kind="service_provider",
        enrolled_from=OPENED_AT,
        agency_id="ag-media",
        leader_id="ld-growth",
    )
    yield Promoter(
        effective_from=OPENED_AT,
        promoter_id="social",
        kind="individual",
        enrolled_from=OPENED_AT,
        agency_id="ag-talent",
        followers=450_000,
        own_buyer_ids=[SELF_BUYER],
    )
    yield Promoter(effective_from=OPENED_AT, promoter_id="email", kind="site", agency_id="ag-media")
    yield Promoter(
        effective_from=MAIL_ENROLLED_FROM,
        promoter_id="email",
        kind="site",
        enrolled_from=MAIL_ENROLLED_FROM,
        agency_id="ag-media",
    )
    for person in (*CREATORS, REVIEWER):
        yield Promoter(
            effective_from=OPENED_AT,
            promoter_id=person,
            kind="creator",
            enrolled_from=OPENED_AT,
            agency_id="ag-talent",
            followers=120_000,
        )


def rooms() -> Iterator[Room]:
    """Yield the rooms: every week both hosts open one on Monday, and close it on Sunday."""
    for week in range(WEEKS):
        started_at = FIRST_MONDAY + week * WEEK_MS
        ended_at = started_at + WEEK_MS - 1
        for creator in CREATORS:
            ident = room_id(creator, started_at)
            for effective_from, end in ((started_at, None), (ended_at, ended_at)):
                yield Room(
                    effective_from=effective_from,
                    room_id=ident,
                    creator_id=creator,
                    campaign_id="k-live",
                    started_at=started_at,
                    ended_at=end,
                )


def links() -> Iterator[Link]:
    """Yield links of channels, hosts and the reviewer; the mobile link of social leads to Ann's room."""
    for platform in PLATFORMS:
        yield _any_link(channel_link("paid_search", platform), "paid_search", "k-search", None)
        yield _any_link(channel_link("email", platform), "email", "k-mail", _MERCHANTS[1])
        if platform != "mobile":
            yield _any_link(channel_link("social", platform), "social", "k-social", None)
    for week in range(WEEKS):
        started_at = FIRST_MONDAY + week * WEEK_MS
        anns = room_id(CREATORS[0], started_at)
        yield _room_link(channel_link("social", "mobile"), "social", "k-social", anns, started_at)
        for creator in CREATORS:
            room = room_id(creator, started_at)
            yield _room_link(room_link(room), creator, "k-live", room, started_at)
    for one in PRODUCTS:
        for promoter in (*CREATORS, REVIEWER):
            yield _product_link(promoter, one)


def _any_link(link_id: str, promoter_id: str, campaign_id: str, merchant_id: str | None) -> Link:
    return Link(
        effective_from=OPENED_AT,
        link_id=link_id,
        promoter_id=promoter_id,
        campaign_id=campaign_id,
        target="any" if merchant_id is None else "merchant",
        merchant_id=merchant_id,
        valid_from=OPENED_AT,
    )


def _room_link(link_id: str, promoter_id: str, campaign_id: str, room: str, started_at: int) -> Link:
    return Link(
        effective_from=started_at,
        link_id=link_id,
        promoter_id=promoter_id,
        campaign_id=campaign_id,
        target="room",
        room_id=room,
        valid_from=started_at,
    )


def _product_link(promoter_id: str, one: Product) -> Link:
    return Link(
        effective_from=OPENED_AT,
        link_id=product_link(promoter_id, one.product_id),
        promoter_id=promoter_id,
        campaign_id=None if promoter_id == REVIEWER else "k-live",
        target="product",
        product_id=one.product_id,
        valid_from=OPENED_AT,
    )


def campaigns() -> Iterator[Campaign]:
    """Yield one campaign per channel and one for the hosts, with windows of one, three and seven days."""
    search = [
        Split("promoter", "total", 900_000),
        Split("agency", "promoter", 200_000),
        Split("leader", "agency", 250_000),
    ]
    mail = [Split("promoter", "total", 800_000), Split("agency", "promoter", 100_000)]
    social = [
        Split("promoter", "total", 600_000),
        Split("agency", "promoter", 300_000),
        Split("creator", "total", 300_000),
    ]
    yield _campaign("k-search", 60_000, DAY_MS, search)
    yield _campaign("k-mail", 50_000, 3 * DAY_MS, mail)
    yield _campaign("k-social", 120_000, WEEK_MS, social)
    yield _campaign("k-live", 100_000, DAY_MS, [Split("creator", "total", 800_000)])


def _campaign(campaign_id: str, rate_ppm: int, window_ms: int, splits: list[Split]) -> Campaign:
    return Campaign(
        effective_from=OPENED_AT,
        campaign_id=campaign_id,
        kind="standard",
        rate_ppm=rate_ppm,
        window_ms=window_ms,
        splits=splits,
        remainder_to="platform",
    )


def policy() -> Policy:
    """Return the policy: last touch, by invitation, settled ten days after receipt."""
    return Policy(
        effective_from=OPENED_AT,
        policy_id="default",
        model="last_touch",
        default_window_ms=DAY_MS,
        min_click_to_order_ms=500,
        late_lock_ms=600_000,
        invitation_only=True,
        settle_after_ms=10 * DAY_MS,
    )
