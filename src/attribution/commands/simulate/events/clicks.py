"""Buyers follow links: known ones, anonymous ones that a room entry names later, bots, and promoters themselves."""

from itertools import count
from typing import Final

from attribution.commands.simulate.events.room_entries import Entries
from attribution.commands.simulate.market.rooms import LiveRoom
from attribution.commands.simulate.random_source import Dice
from attribution.commands.simulate.schedule.run_state import Stage, Visit
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
    """Makes clicks, and the room entries that follow from them."""

    def __init__(self, stage: Stage, entries: Entries) -> None:
        self._stage = stage
        self._entries = entries
        self._numbers = count()

    def follow(self, at: int, *, may_enter: bool) -> None:
        """Somebody follows a link; with ``may_enter`` that may bring buyers into its room."""
        stage = self._stage
        if stage.world.self_promoters and stage.dice.chance(_SELF_PPM):
            self._refer_oneself(at)
            return
        link, room = self._choose()
        if stage.dice.chance(stage.scenario.anonymous_ppm):
            self._anonymously(at, link, room if may_enter else None)
            return
        buyer_id = stage.crowd.draw()
        click = self.click(at, link, buyer_id)
        if room is not None and may_enter and stage.dice.chance(_ENTERS_PPM):
            self._entries.enter(at + stage.dice.between(*_ENTER_MS), buyer_id, room, click_id=click.click_id)

    def flood(self, at: int) -> None:
        """A bot follows one link 30 times, once a second."""
        link = self._stage.dice.pick(self._stage.world.links.open_links)
        buyer_id = self._stage.crowd.draw()
        for second in range(FLOOD_CLICKS):
            self.click(at + second * 1000, link, buyer_id)

    def click(self, at: int, link: Link, buyer_id: str | None) -> Click:
        """One click; who is known may buy."""
        stage = self._stage
        dice = stage.dice
        number = next(self._numbers)
        surface = dice.pick(_SURFACES[link.target])
        details = dice.chance(_DETAILS_PPM)
        click = Click(
            event_id=f"ec{number}",
            occurred_at=at,
            click_id=f"c{number}",
            link_id=f"gone{number}" if dice.chance(_UNKNOWN_PPM) else link.link_id,
            surface=surface,
            buyer_id=buyer_id,
            target_platform=_target_platform(surface, dice),
            room_id=link.room_id if surface == "live" else None,
            product_id=link.product_id,
            channel=dice.pick(_CHANNELS) if details else None,
            external_info=f"post={dice.below(MILLION)}" if details else None,
            coupon_code=link.coupon_code,
        )
        stage.agenda.book("clicks", buyer_id or click.click_id, click)
        if buyer_id is not None:
            product = stage.world.product_by_id[link.product_id] if link.product_id else None
            stage.clicked.remember(Visit(buyer_id, at, link.room_id, product))
        return click

    def _choose(self) -> tuple[Link, LiveRoom | None]:
        stage = self._stage
        if not stage.dice.chance(_TO_ROOM_PPM):
            return stage.dice.pick(stage.world.links.open_links), None
        if stage.dice.chance(_TO_ANY_PAST_ROOM_PPM):
            room = stage.dice.pick(stage.on_air.begun)
        else:
            room = stage.on_air.room(stage.dice, _CALLING_PPM)
        return stage.dice.pick(stage.world.links.by_room[room.room_id]), room

    def _anonymously(self, at: int, link: Link, room: LiveRoom | None) -> None:
        """Nobody knows who clicked, until one buyer or, of a forwarded link, several enter with the click's id."""
        stage = self._stage
        click = self.click(at, link, None)
        if room is None or not stage.dice.chance(_JOINED_PPM):
            return
        buyers = stage.dice.between(2, 5) if stage.dice.chance(_FORWARDED_PPM) else 1
        for _ in range(buyers):
            delay = stage.dice.between(*(_ENTER_MS if buyers == 1 else _FORWARDED_MS))
            self._entries.enter(at + delay, stage.crowd.draw(), room, click_id=click.click_id)

    def _refer_oneself(self, at: int) -> None:
        stage = self._stage
        promoter = stage.dice.pick(stage.world.self_promoters)
        link = stage.dice.pick(stage.world.links.by_promoter[promoter.promoter_id])
        self.click(at, link, stage.dice.pick(promoter.own_buyer_ids or ()))


def _target_platform(surface: Surface, dice: Dice) -> TargetPlatform | None:
    """Off the platform and in live rooms some links lead to other shops."""
    if surface in {"off_platform", "live"} and dice.chance(_ABROAD_PPM):
        return dice.pick(_ABROAD)
    return None
