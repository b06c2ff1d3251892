"""Link snapshots: the reference versions that apply to touches of a link, derived once for many touches."""

from typing import Final

import msgspec

from attribution.domain.records.reference import Campaign, Link, Policy, Promoter
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.references.dependencies import fingerprint
from attribution.domain.references.version import LatestVersions, ReferenceVersion

_MAX_POLICIES: Final = 8
"""The number of policy versions with cached snapshots; nearly all orders use one version."""
_ALWAYS: Final = (0, 2**62)
_NEVER: Final = (1, 0)


class LinkSnapshot(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The versions that apply to a touch: link and promoter at the touch, campaign at the order's placed_at.

    The other fields are what the rules need of them. Touches of one link share a snapshot until a version
    changes. ``window_ms`` is the longest time from such a touch to the order. ``versions`` names the versions
    that were read. ``dependencies`` are the fingerprints of link and room.
    """

    link: ReferenceVersion[Link] | None
    promoter: ReferenceVersion[Promoter] | None
    campaign: ReferenceVersion[Campaign] | None
    window_ms: int
    versions: tuple[str, ...]
    dependencies: tuple[int, ...]
    valid_from: int
    valid_to: int
    enrolled_from: int
    enrolled_to: int
    own_buyer_ids: frozenset[str]
    merchant_id: str | None
    product_id: str | None
    room_id: str | None
    cross_room: str | None


class PolicySnapshots:
    """The snapshots under one version of the policy."""

    __slots__ = ("_catalogue", "_found", "_longest_window_ms", "policy")

    def __init__(self, catalogue: Catalogue, policy: ReferenceVersion[Policy]) -> None:
        self.policy = policy
        self._catalogue = catalogue
        self._longest_window_ms = policy.record.longest_window_ms
        self._found: dict[str, tuple[LatestVersions, LinkSnapshot]] = {}

    def at(self, link_id: str, touch_at: int, placed_at: int, lock: int) -> LinkSnapshot:
        """Return the snapshot for a touch of an order with a lock; all times are in ms.

        It is nearly always the snapshot of the latest versions.
        """
        latest = self._catalogue.latest(link_id)
        if (
            latest is None
            or touch_at < latest.touch_from
            or lock < latest.lock_from
            or placed_at < latest.order_from
        ):
            return self._look_up(link_id, touch_at, placed_at, lock)
        found = self._found.get(link_id)
        if found is None or found[0] is not latest:
            snapshot = self._derive(link_id, latest.link, latest.promoter, latest.campaign)
            found = self._found[link_id] = latest, snapshot
        return found[1]

    def window_ms(self, campaign: ReferenceVersion[Campaign] | None) -> int:
        """Return a campaign's window or, without a campaign, the default; at most the longest window."""
        window_ms = self.policy.record.default_window_ms if campaign is None else campaign.record.window_ms
        return min(window_ms, self._longest_window_ms)

    def greatest_window_ms(self) -> int:
        """Return a window (ms) that no touch of any link exceeds."""
        window_ms = max(self.policy.record.default_window_ms, self._catalogue.greatest_window_ms)
        return min(window_ms, self._longest_window_ms)

    def window_bound_ms(self, link_id: str, placed_at: int, lock: int) -> int:
        """Return a window (ms) that no touch of a link exceeds."""
        campaigns = {link.record.campaign_id for link in self._catalogue.links(link_id)}
        found = (self._catalogue.campaign(c, placed_at, lock) for c in campaigns if c is not None)
        return max([self.window_ms(None), *map(self.window_ms, found)])

    def _look_up(self, link_id: str, touch_at: int, placed_at: int, lock: int) -> LinkSnapshot:
        catalogue, promoter, campaign = self._catalogue, None, None
        link = catalogue.link(link_id, touch_at, lock)
        if link is not None:
            promoter = catalogue.promoter(link.record.promoter_id, touch_at, lock)
            if link.record.campaign_id is not None:
                campaign = catalogue.campaign(link.record.campaign_id, placed_at, lock)
        return self._derive(link_id, link, promoter, campaign)

    def _derive(
        self,
        link_id: str,
        link: ReferenceVersion[Link] | None,
        promoter: ReferenceVersion[Promoter] | None,
        campaign: ReferenceVersion[Campaign] | None,
    ) -> LinkSnapshot:
        of_link = link.record if link else None
        of_promoter = promoter.record if promoter else None
        room_id = of_link.room_id if of_link else None
        enrolled_from, enrolled_to = _enrolled(of_promoter) if self.policy.record.by_invitation else _ALWAYS
        return LinkSnapshot(
            link=link,
            promoter=promoter,
            campaign=campaign,
            window_ms=self.window_ms(campaign),
            versions=(
                *(version.name for version in (link, promoter, campaign) if version),
                self.policy.name,
            ),
            dependencies=_dependencies(link_id, room_id),
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


class SnapshotCache:
    """The snapshots of a catalogue, by version of the policy."""

    __slots__ = ("_by_policy", "catalogue")

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._by_policy: dict[int, PolicySnapshots] = {}

    def of(self, policy: ReferenceVersion[Policy]) -> PolicySnapshots:
        """Return the snapshots under a version of the policy."""
        found = self._by_policy.get(id(policy))
        if found is None or found.policy is not policy:
            if len(self._by_policy) >= _MAX_POLICIES:
                del self._by_policy[next(iter(self._by_policy))]
            found = self._by_policy[id(policy)] = PolicySnapshots(self.catalogue, policy)
        return found


def _enrolled(promoter: Promoter | None) -> tuple[int, int]:
    """Return the first and the last millisecond of a promoter's enrolment."""
    if promoter is None or promoter.enrolled_from is None:
        return _NEVER
    return promoter.enrolled_from, _end(promoter.enrolled_to)


def _end(time: int | None) -> int:
    return _ALWAYS[1] if time is None else time


def _dependencies(link_id: str, room_id: str | None) -> tuple[int, ...]:
    link = fingerprint(f"links/{link_id}")
    return (link,) if room_id is None else (link, fingerprint(f"rooms/{room_id}"))
