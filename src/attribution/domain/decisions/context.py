"""A case: one order, the touches in its range, and the versions that each of them reads."""

from typing import Final

import msgspec

from attribution.domain.records.events import OrderPaid
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter
from attribution.domain.references.catalogue import Catalogue, Known
from attribution.domain.references.dependencies import fingerprint
from attribution.domain.touches.history import Buyer
from attribution.domain.touches.interaction import Moment


class Bearing(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What bears on a touch: link and promoter at the touch, campaign when the order was placed.

    What the rules ask of them stands beside them, where it is at hand.
    Touches of one link share it for as long as no version changes. ``window_ms`` is how long before the order such
    a touch may lie; ``versions`` names what was read; ``watched`` are the fingerprints of link and room.
    """

    link: Known[Link] | None
    promoter: Known[Promoter] | None
    campaign: Known[Campaign] | None
    window_ms: int
    versions: tuple[str, ...]
    watched: tuple[int, ...]
    valid_from: int
    valid_to: int
    enrolled_from: int
    enrolled_to: int
    own_buyer_ids: frozenset[str]
    merchant_id: str | None
    product_id: str | None
    room_id: str | None
    cross_room: str | None


class Considered(msgspec.Struct, frozen=True, gc=False):
    """A touch, the versions that bear on it, and the verdict that speaks against it, if any."""

    moment: Moment
    bearing: Bearing
    against: str | None


class Case:
    """What the rules read: the order, the policy in force, the catalogue as the lock shows it, the buyer's rooms."""

    __slots__ = (
        "_entries",
        "_known_policy",
        "_longest_window_ms",
        "buyer",
        "catalogue",
        "considers_from",
        "lock",
        "paid",
        "placed_at",
        "policy",
        "policy_name",
        "too_fast_from",
    )

    def __init__(self, buyer: Buyer, paid: OrderPaid, lock: int, catalogue: Catalogue) -> None:
        policy = catalogue.policy(paid.placed_at, lock)
        self._known_policy = policy
        self.buyer = buyer
        self.paid = paid
        self.placed_at = paid.placed_at
        self.lock = lock
        self.catalogue = catalogue
        self.policy: Policy = policy.record
        self.policy_name = policy.name
        self.too_fast_from = paid.placed_at - self.policy.min_click_to_order_ms + 1
        self._longest_window_ms = self.policy.longest_window_ms
        self.considers_from = paid.placed_at - self._longest_window_ms
        self._entries: dict[str, int] | None = None

    def bearing(self, moment: Moment) -> Bearing:
        """Look up what bears on a touch: in nearly all cases the latest versions, derived for an earlier order."""
        at = moment.occurred_at
        current = self.catalogue.current(moment.link_id)
        if (
            current is None
            or at < current.touch_from
            or self.lock < current.lock_from
            or self.placed_at < current.order_from
        ):
            return self._look_up(moment.link_id, at)
        if current.derived_by is not self._known_policy:
            current.derived = self._derive(moment.link_id, current.link, current.promoter, current.campaign)
            current.derived_by = self._known_policy
        derived: Bearing = current.derived
        return derived

    def window_ms(self, campaign: Known[Campaign] | None) -> int:
        """Return a campaign's window, the default one without a campaign; never more than the longest."""
        window_ms = self.policy.default_window_ms if campaign is None else campaign.record.window_ms
        return min(window_ms, self._longest_window_ms)

    def greatest_window_ms(self) -> int:
        """Return a window that no touch of any link exceeds."""
        window_ms = max(self.policy.default_window_ms, self.catalogue.greatest_window_ms)
        return min(window_ms, self._longest_window_ms)

    def window_bound_ms(self, link_id: str) -> int:
        """Return a window that no touch of a link exceeds."""
        campaigns = {link.record.campaign_id for link in self.catalogue.links(link_id)}
        found = (
            self.catalogue.campaign(c, self.paid.placed_at, self.lock) for c in campaigns if c is not None
        )
        return max([self.window_ms(None), *map(self.window_ms, found)])

    def creator_of(self, room_id: str | None) -> str | None:
        """Return whose room it was when the order was placed."""
        if room_id is None:
            return None
        room = self.catalogue.room(room_id, self.paid.placed_at, self.lock)
        return None if room is None else room.record.creator_id

    def entered_since(self, room_id: str, since: int) -> bool:
        """Tell whether the buyer entered a room in [since, placed_at]."""
        if self._entries is None:
            self._entries = self._latest_entries()
        return self._entries.get(room_id, -1) >= since

    def _look_up(self, link_id: str, at: int) -> Bearing:
        lock, catalogue, promoter, campaign = self.lock, self.catalogue, None, None
        link = catalogue.link(link_id, at, lock)
        if link is not None:
            promoter = catalogue.promoter(link.record.promoter_id, at, lock)
            if link.record.campaign_id is not None:
                campaign = catalogue.campaign(link.record.campaign_id, self.placed_at, lock)
        return self._derive(link_id, link, promoter, campaign)

    def _derive(
        self,
        link_id: str,
        link: Known[Link] | None,
        promoter: Known[Promoter] | None,
        campaign: Known[Campaign] | None,
    ) -> Bearing:
        of_link = link.record if link else None
        of_promoter = promoter.record if promoter else None
        room_id = of_link.room_id if of_link else None
        enrolled_from, enrolled_to = _enrolled(of_promoter) if self.policy.by_invitation else _ALWAYS
        return Bearing(
            link=link,
            promoter=promoter,
            campaign=campaign,
            window_ms=self.window_ms(campaign),
            versions=(*(known.name for known in (link, promoter, campaign) if known), self.policy_name),
            watched=_watched(link_id, room_id),
            valid_from=of_link.valid_from if of_link else _NEVER[0],
            valid_to=_end(of_link.valid_to) if of_link else _NEVER[1],
            enrolled_from=enrolled_from,
            enrolled_to=enrolled_to,
            own_buyer_ids=frozenset((of_promoter.own_buyer_ids or ()) if of_promoter else ()),
            merchant_id=of_link.merchant_id if of_link else None,
            product_id=of_link.product_id if of_link else None,
            room_id=room_id,
            cross_room=campaign.record.cross_room if campaign else None,
        )

    def _latest_entries(self) -> dict[str, int]:
        """Return by room the buyer's latest entry that is not after the order."""
        latest: dict[str, int] = {}
        for entry in self.buyer.entries.values():
            if entry.occurred_at <= self.paid.placed_at and entry.reported_at <= self.lock:
                room_id = entry.event.room_id or ""
                latest[room_id] = max(latest.get(room_id, -1), entry.occurred_at)
        return latest


_ALWAYS: Final = (0, 2**62)
_NEVER: Final = (1, 0)


def _enrolled(promoter: Promoter | None) -> tuple[int, int]:
    """Return first and last moment of a promoter's enrolment."""
    if promoter is None or promoter.enrolled_from is None:
        return _NEVER
    return promoter.enrolled_from, _end(promoter.enrolled_to)


def _end(time: int | None) -> int:
    return _ALWAYS[1] if time is None else time


def _watched(link_id: str, room_id: str | None) -> tuple[int, ...]:
    link = fingerprint(f"links/{link_id}")
    return (link,) if room_id is None else (link, fingerprint(f"rooms/{room_id}"))
