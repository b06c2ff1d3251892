"""Clicks of known and anonymous buyers, of bots, and of promoters on their own links."""

from itertools import count
from typing import Final

from attribution.commands.simulate.events.room_entries import RoomEntries
from attribution.commands.simulate.market.rooms import LiveRoom
from attribution.commands.simulate.random_source import RandomSource
from attribution.commands.simulate.schedule.run_state import RunState, Visit
from attribution.domain.records.events import Click
from attribution.domain.records.fields import MILLION, Surface, TargetPlatform
from attribution.domain.records.reference import Link

FLOOD_CLICKS: Final = 30
_SELF_PPM: Final = 2_000
_TO_ROOM_PPM: Final = 600_000
_TO_ANY_PAST_ROOM_PPM: Final = 20_000
_CALLING_PPM: Final = 400_000
_ENTERS_PPM: Final = 150_000
_JOINED_PPM: Final = 600_000
_FORWARDED_PPM: Final = 300_000
_UNKNOWN_PPM: Final = 5_000
_DETAILS_PPM: Final = 300_000
_ABROAD_PPM: Final = 50_000
_ENTER_MS: Final = (2_000, 90_000)
_FORWARDED_MS: Final = (10_000, 1_800_000)
_CHANNELS: Final = ("wechat", "weibo", "xhs", "sms", "moments")
_ABROAD: Final[tuple[TargetPlatform, ...]] = ("taobao", "jd", "other")
_SURFACES: Final[dict[str, tuple[Surface, ...]]] = {
    "room": ("off_platform", "off_platform", "live", "short_video"),
    "product": ("showcase", "product_card", "image_text", "short_video", "off_platform"),
    "merchant": ("showcase", "image_text"),
    "any": ("off_platform", "short_video"),
}


class Clicks:
    """Generator of clicks and of the room entries that they cause."""

    def __init__(self, run: RunState, entries: RoomEntries) -> None:
        self._run = run
        self._entries = entries
        self._numbers = count()

    def follow(self, at: int, *, may_enter: bool) -> None:
        """Add a click. With ``may_enter``, the click may bring buyers into the link's room."""
        run = self._run
        if run.market.self_promoters and run.rng.chance(_SELF_PPM):
            self._refer_oneself(at)
            return
        link, room = self._choose()
        if run.rng.chance(run.scenario.anonymous_ppm):
            self._anonymously(at, link, room if may_enter else None)
            return
        buyer_id = run.crowd.draw()
        click = self.click(at, link, buyer_id)
        if room is not None and may_enter and run.rng.chance(_ENTERS_PPM):
            self._entries.enter(at + run.rng.between(*_ENTER_MS), buyer_id, room, click_id=click.click_id)

    def flood(self, at: int) -> None:
        """Add a bot's 30 clicks on one link, one per second."""
        link = self._run.rng.pick(self._run.market.links.open_links)
        buyer_id = self._run.crowd.draw()
        for second in range(FLOOD_CLICKS):
            self.click(at + second * 1000, link, buyer_id)

    def click(self, at: int, link: Link, buyer_id: str | None) -> Click:
        """Add a click and return it. A known buyer may buy afterwards."""
        run = self._run
        rng = run.rng
        number = next(self._numbers)
        surface = rng.pick(_SURFACES[link.target])
        details = rng.chance(_DETAILS_PPM)
        click = Click(
            event_id=f"ec{number}",
            occurred_at=at,
            click_id=f"c{number}",
            link_id=f"gone{number}" if rng.chance(_UNKNOWN_PPM) else link.link_id,
            surface=surface,
            buyer_id=buyer_id,
            target_platform=_target_platform(surface, rng),
            room_id=link.room_id if surface == "live" else None,
            product_id=link.product_id,
            channel=rng.pick(_CHANNELS) if details else None,
            external_info=f"post={rng.below(MILLION)}" if details else None,
            coupon_code=link.coupon_code,
        )
        run.queue.add("clicks", buyer_id or click.click_id, click)
        if buyer_id is not None:
            product = run.market.product_by_id[link.product_id] if link.product_id else None
            run.clicked.remember(Visit(buyer_id, at, link.room_id, product))
        return click

    def _choose(self) -> tuple[Link, LiveRoom | None]:
        run = self._run
        if not run.rng.chance(_TO_ROOM_PPM):
            return run.rng.pick(run.market.links.open_links), None
        if run.rng.chance(_TO_ANY_PAST_ROOM_PPM):
            room = run.rng.pick(run.on_air.begun)
        else:
            room = run.on_air.room(run.rng, _CALLING_PPM)
        return run.rng.pick(run.market.links.by_room[room.room_id]), room

    def _anonymously(self, at: int, link: Link, room: LiveRoom | None) -> None:
        """Add a click without a buyer.

        One buyer or, for a forwarded link, several buyers may enter the room with its click_id.
        """
        run = self._run
        click = self.click(at, link, None)
        if room is None or not run.rng.chance(_JOINED_PPM):
            return
        buyers = run.rng.between(2, 5) if run.rng.chance(_FORWARDED_PPM) else 1
        for _ in range(buyers):
            delay = run.rng.between(*(_ENTER_MS if buyers == 1 else _FORWARDED_MS))
            self._entries.enter(at + delay, run.crowd.draw(), room, click_id=click.click_id)

    def _refer_oneself(self, at: int) -> None:
        run = self._run
        promoter = run.rng.pick(run.market.self_promoters)
        link = run.rng.pick(run.market.links.by_promoter[promoter.promoter_id])
        self.click(at, link, run.rng.pick(promoter.own_buyer_ids or ()))


def _target_platform(surface: Surface, rng: RandomSource) -> TargetPlatform | None:
    """Return another platform for some clicks off the platform and in live rooms, else None."""
    if surface in {"off_platform", "live"} and rng.chance(_ABROAD_PPM):
        return rng.pick(_ABROAD)
    return None
