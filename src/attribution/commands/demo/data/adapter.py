"""Converts the shop's clickstream to events of this project, with reference data and ticks.

Each session is converted as follows:

- A session whose acquisition_channel is paid_search, social or email starts with a click on the link of that
  channel (off_platform), one second before its first step. For new users from social the click is anonymous:
  the first room entry of the session names it.
- ``promo_page`` becomes an entry into a live room that is on air that week, Ann's or Ben's. The entry names
  the click of the session. If no channel brought the user, the entry carries the host's own link instead.
- ``product_view`` directly after ``promo_page`` becomes a click on the host's showcase link to that product.
  Directly after ``review_page`` it becomes a click on the reviewer's link. Other product views only set the
  product of a later purchase. The source names no products: the product of a view is drawn from the session
  and the number of the view.
- ``purchase`` becomes an order (see ``purchases``), placed in the room that the session saw last.
- Everything else (wishlist, cart, search, errors) is ignored.

The source has no prices, promoters, links or rooms: see ``shop``. Record timestamps equal occurred_at and
effective_from.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from attribution.commands.demo.data import shop
from attribution.commands.demo.data.clickstream import FunnelStep, Session, sessions
from attribution.commands.demo.data.purchases import order_events
from attribution.domain.records.events import Click, Event, RoomEntry, Tick
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import Version
from attribution.domain.records.topics import BY_NAME
from attribution.engine.producer_record import ProducerRecord

_TICKS_AFTER: Final = 20


def events() -> Iterator[ProducerRecord]:
    """Yield all records with reference versions and ticks, by (timestamp, rank of the topic, key, value)."""
    records = [*_references(), *_traffic()]
    records += _ticks(max(record.timestamp for record in records))
    yield from sorted(records, key=_place)


def _place(record: ProducerRecord) -> tuple[int, int, str, bytes]:
    return record.timestamp, BY_NAME[record.topic].rank or 0, record.key, record.value


def _references() -> Iterator[ProducerRecord]:
    yield _reference("policies", "default", shop.policy())
    for campaign in shop.campaigns():
        yield _reference("campaigns", campaign.campaign_id, campaign)
    for promoter in shop.promoters():
        yield _reference("promoters", promoter.promoter_id, promoter)
    for room in shop.rooms():
        yield _reference("rooms", room.room_id, room)
    for link in shop.links():
        yield _reference("links", link.link_id, link)


def _reference(topic: str, ident: str, version: Version) -> ProducerRecord:
    at = version.effective_from
    return ProducerRecord(topic, at, f"{ident}@{at}", msgspec.json.encode(version))


def _event(topic: str, key: str, event: Event) -> ProducerRecord:
    return ProducerRecord(topic, event.occurred_at, key, msgspec.json.encode(event))


def _ticks(last: int) -> Iterator[ProducerRecord]:
    """Yield one tick a day at midnight, until everything has settled."""
    for at in range(shop.FIRST_MONDAY, last + _TICKS_AFTER * DAY_MS, DAY_MS):
        tick = Tick(event_id=f"tick-{at}", occurred_at=at)
        yield _event("ticks", tick.event_id, tick)


def _traffic() -> Iterator[ProducerRecord]:
    last_viewed: dict[str, shop.Product] = {}
    for session in sessions():
        visit = _Visit(session, last_viewed.get(session.user_id, shop.PRODUCTS[0]))
        yield from visit.records()
        last_viewed[session.user_id] = visit.product


class _Visit:
    """Converts one session; ``product`` is the product that the user viewed last."""

    def __init__(self, session: Session, product: shop.Product) -> None:
        self.product = product
        self._session = session
        self._room: str | None = None
        self._views = 0
        self._click_id = f"click-{session.session_id}" if session.channel in shop.CHANNELS else None

    def records(self) -> Iterator[ProducerRecord]:
        """Yield the events of the session."""
        if self._click_id is not None:
            yield self._arrival(self._click_id)
        before = ""
        for place, step in enumerate(self._session.steps):
            if step.event == "promo_page":
                yield self._entry(step, place)
            elif step.event == "product_view":
                yield from self._view(step, place, before)
            elif step.event == "purchase":
                for event in order_events(self._session, step, self.product, self._room):
                    yield _event("orders", self._session.user_id, event)
            before = step.event

    def _arrival(self, click_id: str) -> ProducerRecord:
        session = self._session
        anonymous = session.channel == "social" and session.lifecycle == "new"
        click = Click(
            event_id=click_id,
            occurred_at=session.began_at - 1_000,
            click_id=click_id,
            link_id=shop.channel_link(session.channel, session.platform),
            surface="off_platform",
            buyer_id=None if anonymous else session.user_id,
            channel=session.channel,
            external_info=f"platform={session.platform}",
        )
        return _event("clicks", click.buyer_id or click_id, click)

    def _entry(self, step: FunnelStep, place: int) -> ProducerRecord:
        session = self._session
        host = shop.CREATORS[shop.draw(f"{session.session_id}:{place}", len(shop.CREATORS))]
        self._room = shop.room_id(host, step.at)
        entry = RoomEntry(
            event_id=f"entry-{session.session_id}-{place}",
            occurred_at=step.at,
            buyer_id=session.user_id,
            room_id=self._room,
            click_id=self._click_id,
            link_id=shop.room_link(self._room) if self._click_id is None else None,
        )
        return _event("room-entries", session.user_id, entry)

    def _view(self, step: FunnelStep, place: int, before: str) -> Iterator[ProducerRecord]:
        session = self._session
        self._views += 1
        self.product = shop.PRODUCTS[shop.draw(f"{session.session_id}:{self._views}", len(shop.PRODUCTS))]
        promoter = self._showcase(before)
        if promoter is None:
            return
        click = Click(
            event_id=f"click-{session.session_id}-{place}",
            occurred_at=step.at,
            click_id=f"click-{session.session_id}-{place}",
            link_id=shop.product_link(promoter, self.product.product_id),
            surface="showcase",
            buyer_id=session.user_id,
            product_id=self.product.product_id,
        )
        yield _event("clicks", session.user_id, click)

    def _showcase(self, before: str) -> str | None:
        """Return whose showcase the product is in, by the previous step."""
        if before == "review_page":
            return shop.REVIEWER
        if before == "promo_page" and self._room is not None:
            return self._room.split("-")[1]
        return None
