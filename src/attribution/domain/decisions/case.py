"""A case: one order, the touches in its range, and the versions that each of them reads."""

import msgspec

from attribution.domain.records.events import OrderPaid
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter
from attribution.domain.references.catalogue import Catalogue, Known
from attribution.domain.touches.buyer import Buyer
from attribution.domain.touches.moments import Moment


class Bearing(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The versions that bear on a touch: link and promoter at the touch, campaign when the order was placed.

    Touches of one link share it for as long as no version changes. ``window_ms`` is how long before the order such
    a touch may lie; ``versions`` names what was read.
    """

    link: Known[Link] | None
    promoter: Known[Promoter] | None
    campaign: Known[Campaign] | None
    window_ms: int
    versions: tuple[str, ...]


class Considered(msgspec.Struct, frozen=True, gc=False):
    """A touch, and the versions that bear on it."""

    moment: Moment
    bearing: Bearing


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
        "policy",
        "policy_name",
    )

    def __init__(self, buyer: Buyer, paid: OrderPaid, lock: int, catalogue: Catalogue) -> None:
        policy = catalogue.policy(paid.placed_at, lock)
        self._known_policy = policy
        self.buyer = buyer
        self.paid = paid
        self.lock = lock
        self.catalogue = catalogue
        self.policy: Policy = policy.record
        self.policy_name = policy.name
        self._longest_window_ms = self.policy.longest_window_ms
        self.considers_from = paid.placed_at - self._longest_window_ms
        self._entries: dict[str, int] | None = None

    def consider(self, moment: Moment) -> Considered:
        """Look up what bears on a touch: in nearly all cases the latest versions, derived for an earlier order."""
        at = moment.occurred_at
        current = self.catalogue.current(moment.event.link_id or "")
        if (
            current is None
            or at < current.touch_from
            or self.lock < current.lock_from
            or self.paid.placed_at < current.order_from
        ):
            return Considered(moment, self._look_up(moment.event.link_id or "", at))
        if current.derived_by is not self._known_policy:
            current.derived = self._bearing(current.link, current.promoter, current.campaign)
            current.derived_by = self._known_policy
        return Considered(moment, current.derived)

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
                campaign = catalogue.campaign(link.record.campaign_id, self.paid.placed_at, lock)
        return self._bearing(link, promoter, campaign)

    def _bearing(
        self, link: Known[Link] | None, promoter: Known[Promoter] | None, campaign: Known[Campaign] | None
    ) -> Bearing:
        names = [known.name for known in (link, promoter, campaign) if known is not None]
        return Bearing(link, promoter, campaign, self.window_ms(campaign), (*names, self.policy_name))

    def _latest_entries(self) -> dict[str, int]:
        """Return by room the buyer's latest entry that is not after the order."""
        latest: dict[str, int] = {}
        for entry in self.buyer.entries.values():
            if entry.occurred_at <= self.paid.placed_at and entry.reported_at <= self.lock:
                room_id = entry.event.room_id or ""
                latest[room_id] = max(latest.get(room_id, -1), entry.occurred_at)
        return latest
