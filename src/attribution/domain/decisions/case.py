"""A case: one order, the touches in its range, and the versions that each of them reads."""

from typing import NamedTuple

from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import TouchClass
from attribution.domain.records.reference import Campaign, Link, Policy, Promoter
from attribution.domain.references.catalogue import Catalogue, Known
from attribution.domain.touches.buyer import Buyer
from attribution.domain.touches.moments import ENTRY, Moment


class Considered(NamedTuple):
    """A touch with the versions in force for it; ``window_ms`` is how long before the order it may lie."""

    moment: Moment
    link: Known[Link] | None
    promoter: Known[Promoter] | None
    campaign: Known[Campaign] | None
    window_ms: int

    @property
    def is_click(self) -> bool:
        """Tell clicks from room entries."""
        return self.moment.kind != ENTRY

    @property
    def touch_class(self) -> TouchClass:
        """The class that decisions name."""
        return "click" if self.is_click else "room_entry"


class Case:
    """What the rules read: the order, the policy in force, the catalogue as the lock shows it, the buyer's rooms."""

    __slots__ = ("_campaigns", "_entries", "buyer", "catalogue", "lock", "paid", "policy", "policy_name")

    def __init__(self, buyer: Buyer, paid: OrderPaid, lock: int, catalogue: Catalogue) -> None:
        policy = catalogue.policy(paid.placed_at, lock)
        self.buyer = buyer
        self.paid = paid
        self.lock = lock
        self.catalogue = catalogue
        self.policy: Policy = policy.record
        self.policy_name = policy.name
        self._campaigns: dict[str, Known[Campaign] | None] = {}
        self._entries: dict[str, list[int]] | None = None

    @property
    def considers_from(self) -> int:
        """The earliest time of a touch in range."""
        return self.paid.placed_at - self.policy.longest_window_ms

    def consider(self, moment: Moment) -> Considered:
        """Look up the versions that a touch reads: link and promoter at the touch, campaign when placed."""
        at, lock = moment.occurred_at, self.lock
        link = self.catalogue.link(moment.event.link_id or "", at, lock)
        if link is None:
            return Considered(moment, None, None, None, self.window_ms(None))
        promoter = self.catalogue.promoter(link.record.promoter_id, at, lock)
        campaign = self.campaign(link.record.campaign_id)
        return Considered(moment, link, promoter, campaign, self.window_ms(campaign))

    def campaign(self, campaign_id: str | None) -> Known[Campaign] | None:
        """Return the campaign as in force when the order was placed."""
        if campaign_id is None:
            return None
        if campaign_id not in self._campaigns:
            found = self.catalogue.campaign(campaign_id, self.paid.placed_at, self.lock)
            self._campaigns[campaign_id] = found
        return self._campaigns[campaign_id]

    def window_ms(self, campaign: Known[Campaign] | None) -> int:
        """Return a campaign's window, the default one without a campaign; never more than the longest."""
        window_ms = self.policy.default_window_ms if campaign is None else campaign.record.window_ms
        return min(window_ms, self.policy.longest_window_ms)

    def creator_of(self, room_id: str | None) -> str | None:
        """Return whose room it was when the order was placed."""
        if room_id is None:
            return None
        room = self.catalogue.room(room_id, self.paid.placed_at, self.lock)
        return None if room is None else room.record.creator_id

    def entered_since(self, room_id: str, since: int) -> bool:
        """Tell whether the buyer entered a room in [since, placed_at]."""
        if self._entries is None:
            self._entries = self._entries_in_range()
        times = self._entries.get(room_id)
        return times is not None and times[-1] >= since

    def _entries_in_range(self) -> dict[str, list[int]]:
        entries: dict[str, list[int]] = {}
        for moment in self.buyer.between(self.considers_from, self.paid.placed_at):
            if moment.kind == ENTRY and moment.reported_at <= self.lock:
                entries.setdefault(moment.event.room_id or "", []).append(moment.occurred_at)
        return entries
