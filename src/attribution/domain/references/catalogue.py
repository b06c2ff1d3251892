"""The catalogue of reference versions: which one is in force at a time, as seen with an order's lock."""

from bisect import bisect_right, insort
from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from typing import Any, Final, TypeAlias

from attribution.domain.records.reference import Campaign, Link, Policy, Promoter, Room, Version
from attribution.domain.references.version import LatestVersions, ReferenceVersion

POLICY_ID: Final = "default"


_ById: TypeAlias = MutableMapping[str, list[ReferenceVersion[Any]]]


class Catalogue:
    """All versions of all reference records.

    A lookup takes a time and the lock of an order (ms). Of several records with one key, it sees the latest
    whose record timestamp is not after the lock (contract, section 2).
    """

    def __init__(self, default_policy: Policy) -> None:
        self._versions: dict[str, _ById] = {topic: {} for topic in ID_FIELDS}
        self._links_of: dict[tuple[str, str], set[str]] = {}
        self._latest: dict[str, LatestVersions | None] = {}
        self.horizon_ms = 0
        self.greatest_window_ms = 0
        self.add("policies", default_policy, -1, -1)

    def add(self, topic: str, record: Version, timestamp: int, offset: int) -> ReferenceVersion[Any] | None:
        """Add a version and return it, or None if it repeats one."""
        identity = str(getattr(record, ID_FIELDS[topic]))
        name = f"{topic}/{identity}@{record.effective_from}"
        version = ReferenceVersion(record.effective_from, timestamp, offset, record, name)
        versions = self._versions[topic].setdefault(identity, [])
        place = bisect_right(versions, version[:3], key=_order)
        if place and _repeats(versions[place - 1], version):
            return None
        versions.insert(place, version)
        self._index(record)
        self._forget_latest(topic, record)
        return version

    def _find_latest(self, link_id: str) -> LatestVersions | None:
        links = self._versions["links"].get(link_id)
        if not links:
            return None
        link: ReferenceVersion[Link] = links[-1]
        promoters = self._versions["promoters"].get(link.record.promoter_id)
        campaigns = self._versions["campaigns"].get(link.record.campaign_id or "")
        promoter = promoters[-1] if promoters else None
        campaign = campaigns[-1] if campaigns else None
        read = [version for version in (link, promoter, campaign) if version is not None]
        return LatestVersions(
            link=link,
            promoter=promoter,
            campaign=campaign,
            touch_from=max(link.effective_from, promoter.effective_from if promoter else 0),
            order_from=campaign.effective_from if campaign else 0,
            lock_from=max(version.timestamp for version in read),
        )

    def _forget_latest(self, topic: str, record: Version) -> None:
        if isinstance(record, Link):
            self._latest.pop(record.link_id, None)
        elif isinstance(record, Promoter | Campaign):
            for name in self.affected_by(topic, record):
                self._latest.pop(name.removeprefix("links/"), None)

    def _index(self, record: Version) -> None:
        if isinstance(record, Link):
            for field in ("promoter_id", "campaign_id"):
                of = getattr(record, field)
                if of is not None:
                    self._links_of.setdefault((field, of), set()).add(record.link_id)
        elif isinstance(record, Policy):
            self.horizon_ms = max(self.horizon_ms, horizon_ms(record))
        elif isinstance(record, Campaign):
            self.greatest_window_ms = max(self.greatest_window_ms, record.window_ms)

    def as_if_early(self, topic: str, version: ReferenceVersion[Any], lock: int) -> "Catalogue":
        """Return a copy of the catalogue in which a version was recorded just in time for a lock (ms)."""
        view = object.__new__(Catalogue)
        view._links_of, view.horizon_ms, view._latest = self._links_of, self.horizon_ms, {}
        view.greatest_window_ms = self.greatest_window_ms
        identity = str(getattr(version.record, ID_FIELDS[topic]))
        versions = list(self._versions[topic][identity])
        versions.remove(version)
        insort(versions, version._replace(timestamp=lock), key=_order)
        view._versions = self._versions | {topic: ChainMap({identity: versions}, self._versions[topic])}
        return view

    def latest(self, link_id: str) -> LatestVersions | None:
        """Return the latest versions that belong to a link, or None if the link is unknown.

        If two calls return the same object, nothing has changed in between.
        """
        try:
            return self._latest[link_id]
        except KeyError:
            latest = self._latest[link_id] = self._find_latest(link_id)
            return latest

    def links(self, link_id: str) -> list[ReferenceVersion[Link]]:
        """Return all versions of a link."""
        return self._versions["links"].get(link_id, [])

    def link(self, link_id: str, at: int, lock: int) -> ReferenceVersion[Link] | None:
        """Return the version of a link in force at a touch."""
        return _in_force(self._versions["links"].get(link_id), at, lock)

    def promoter(self, promoter_id: str, at: int, lock: int) -> ReferenceVersion[Promoter] | None:
        """Return the version of a promoter in force at a touch."""
        return _in_force(self._versions["promoters"].get(promoter_id), at, lock)

    def campaign(self, campaign_id: str, at: int, lock: int) -> ReferenceVersion[Campaign] | None:
        """Return the version of a campaign in force at an order's placed_at, or at a touch for its rate."""
        return _in_force(self._versions["campaigns"].get(campaign_id), at, lock)

    def room(self, room_id: str, at: int, lock: int) -> ReferenceVersion[Room] | None:
        """Return the version of a room in force at an order's placed_at."""
        return _in_force(self._versions["rooms"].get(room_id), at, lock)

    def policy(self, at: int, lock: int) -> ReferenceVersion[Policy]:
        """Return the policy in force, or the packaged default if none was published."""
        version = _in_force(self._versions["policies"].get(POLICY_ID), at, lock)
        return version or self._versions["policies"][POLICY_ID][0]

    def affected_by(self, topic: str, record: Version) -> list[str]:
        """Return the names of the links, rooms or policies through which orders depend on a version."""
        identity = str(getattr(record, ID_FIELDS[topic]))
        if topic in ("promoters", "campaigns"):
            links = self._links_of.get((ID_FIELDS[topic], identity), set())
            return [f"links/{link_id}" for link_id in sorted(links)]
        return [f"{topic}/{identity}"]

    def __iter__(self) -> Iterator[tuple[str, ReferenceVersion[Any]]]:
        for topic, by_id in self._versions.items():
            for versions in by_id.values():
                yield from ((topic, version) for version in versions)

    def __len__(self) -> int:
        return sum(len(versions) for by_id in self._versions.values() for versions in by_id.values())


ID_FIELDS: Final = {
    "links": "link_id",
    "promoters": "promoter_id",
    "rooms": "room_id",
    "campaigns": "campaign_id",
    "policies": "policy_id",
}


def horizon_ms(policy: Policy) -> int:
    """Return how long (ms) a touch may still matter under a policy (contract, section 1)."""
    flood_ms = policy.click_flood.per_ms if policy.click_flood else 0
    return policy.longest_window_ms + policy.longest_order_delay_ms + policy.late_lock_ms + flood_ms


def _order(version: ReferenceVersion[Any]) -> tuple[int, int, int]:
    return version[:3]


def _repeats(before: ReferenceVersion[Any], version: ReferenceVersion[Any]) -> bool:
    return before[:2] == version[:2] and before.record == version.record


def _in_force(
    versions: list[ReferenceVersion[Any]] | None, at: int, lock: int
) -> ReferenceVersion[Any] | None:
    """Return the latest version not effective after ``at`` and not recorded after ``lock``."""
    if not versions:
        return None
    version: ReferenceVersion[Any] = versions[-1]
    if version.effective_from <= at and version.timestamp <= lock:
        return version
    for version in reversed(versions):
        if version.effective_from <= at and version.timestamp <= lock:
            return version
    return None
