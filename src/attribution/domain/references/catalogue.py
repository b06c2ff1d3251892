"""The catalogue of reference versions: which is in force at a moment, as far as an order's lock lets it see."""

from bisect import bisect_right, insort
from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from attribution.domain.records.reference import Campaign, Link, Policy, Promoter, Room, Version

POLICY_ID: Final = "default"
V_co = TypeVar("V_co", bound=Version, covariant=True)


class Known(NamedTuple, Generic[V_co]):
    """A version as read: ordered by effective_from, record timestamp, offset."""

    effective_from: int
    timestamp: int
    offset: int
    record: V_co
    name: str
    """``<topic>/<id>@<effective_from>``, as decisions name the versions they read."""


class Current(msgspec.Struct, gc=False):
    """The latest versions that bear on a link, and from when on they are what an order sees.

    They are in force for a touch from ``touch_from`` of an order placed from ``order_from``, and seen with a lock
    from ``lock_from``. ``derived`` is room for what was derived from them last, and ``derived_by`` for what else
    that depended on.
    """

    link: Known[Link]
    promoter: Known[Promoter] | None
    campaign: Known[Campaign] | None
    touch_from: int
    order_from: int
    lock_from: int
    derived_by: Any = None
    derived: Any = None


_ById: TypeAlias = MutableMapping[str, list[Known[Any]]]


class Catalogue:
    """All versions of all reference records.

    Every look-up takes the moment that matters and the lock of the order that asks: of several records with one
    key it sees the latest whose record timestamp is not after the lock (contract, section 2).
    """

    def __init__(self, default_policy: Policy) -> None:
        self._versions: dict[str, _ById] = {topic: {} for topic in ID_FIELDS}
        self._links_of: dict[tuple[str, str], set[str]] = {}
        self._current: dict[str, Current | None] = {}
        self.horizon_ms = 0
        self.greatest_window_ms = 0
        self.add("policies", default_policy, -1, -1)

    def add(self, topic: str, record: Version, timestamp: int, offset: int) -> Known[Any] | None:
        """Take in a version; return it as known, or None if it says nothing new."""
        identity = str(getattr(record, ID_FIELDS[topic]))
        name = f"{topic}/{identity}@{record.effective_from}"
        known = Known(record.effective_from, timestamp, offset, record, name)
        versions = self._versions[topic].setdefault(identity, [])
        place = bisect_right(versions, known[:3], key=_order)
        if place and _repeats(versions[place - 1], known):
            return None
        versions.insert(place, known)
        self._index(record)
        self._forget_current(topic, record)
        return known

    def _latest(self, link_id: str) -> "Current | None":
        links = self._versions["links"].get(link_id)
        if not links:
            return None
        link: Known[Link] = links[-1]
        promoters = self._versions["promoters"].get(link.record.promoter_id)
        campaigns = self._versions["campaigns"].get(link.record.campaign_id or "")
        promoter = promoters[-1] if promoters else None
        campaign = campaigns[-1] if campaigns else None
        read = [known for known in (link, promoter, campaign) if known is not None]
        return Current(
            link=link,
            promoter=promoter,
            campaign=campaign,
            touch_from=max(link.effective_from, promoter.effective_from if promoter else 0),
            order_from=campaign.effective_from if campaign else 0,
            lock_from=max(known.timestamp for known in read),
        )

    def _forget_current(self, topic: str, record: Version) -> None:
        if isinstance(record, Link):
            self._current.pop(record.link_id, None)
        elif isinstance(record, Promoter | Campaign):
            for name in self.touched_by(topic, record):
                self._current.pop(name.removeprefix("links/"), None)

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

    def as_if_early(self, topic: str, known: Known[Any], lock: int) -> "Catalogue":
        """Return a catalogue that differs in one thing: the version was recorded just in time for a lock."""
        view = object.__new__(Catalogue)
        view._links_of, view.horizon_ms, view._current = self._links_of, self.horizon_ms, {}
        view.greatest_window_ms = self.greatest_window_ms
        identity = str(getattr(known.record, ID_FIELDS[topic]))
        versions = list(self._versions[topic][identity])
        versions.remove(known)
        insort(versions, known._replace(timestamp=lock), key=_order)
        view._versions = self._versions | {topic: ChainMap({identity: versions}, self._versions[topic])}
        return view

    def current(self, link_id: str) -> "Current | None":
        """Return the latest versions that bear on a link; None for an unknown link."""
        try:
            return self._current[link_id]
        except KeyError:
            current = self._current[link_id] = self._latest(link_id)
            return current

    def links(self, link_id: str) -> list[Known[Link]]:
        """Return all versions of a link."""
        return self._versions["links"].get(link_id, [])

    def link(self, link_id: str, at: int, lock: int) -> Known[Link] | None:
        """Return the version of a link in force at a touch."""
        return _in_force(self._versions["links"].get(link_id), at, lock)

    def promoter(self, promoter_id: str, at: int, lock: int) -> Known[Promoter] | None:
        """Return the version of a promoter in force at a touch."""
        return _in_force(self._versions["promoters"].get(promoter_id), at, lock)

    def campaign(self, campaign_id: str, at: int, lock: int) -> Known[Campaign] | None:
        """Return the version of a campaign in force when an order was placed (or at a touch, for its rate)."""
        return _in_force(self._versions["campaigns"].get(campaign_id), at, lock)

    def room(self, room_id: str, at: int, lock: int) -> Known[Room] | None:
        """Return the version of a room in force when an order was placed."""
        return _in_force(self._versions["rooms"].get(room_id), at, lock)

    def policy(self, at: int, lock: int) -> Known[Policy]:
        """Return the policy in force; the packaged default where none was published."""
        known = _in_force(self._versions["policies"].get(POLICY_ID), at, lock)
        return known or self._versions["policies"][POLICY_ID][0]

    def touched_by(self, topic: str, record: Version) -> list[str]:
        """Return what orders are watched under, that a version may change: links, rooms, or the policy."""
        identity = str(getattr(record, ID_FIELDS[topic]))
        if topic in ("promoters", "campaigns"):
            links = self._links_of.get((ID_FIELDS[topic], identity), set())
            return [f"links/{link_id}" for link_id in sorted(links)]
        return [f"{topic}/{identity}"]

    def __iter__(self) -> Iterator[tuple[str, Known[Any]]]:
        for topic, by_id in self._versions.items():
            for versions in by_id.values():
                yield from ((topic, known) for known in versions)

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
    """Return for how long after it a touch may still matter under a policy (design, section 5)."""
    flood_ms = policy.click_flood.per_ms if policy.click_flood else 0
    return policy.longest_window_ms + policy.longest_order_delay_ms + policy.late_lock_ms + flood_ms


def _order(known: Known[Any]) -> tuple[int, int, int]:
    return known[:3]


def _repeats(before: Known[Any], known: Known[Any]) -> bool:
    return before[:2] == known[:2] and before.record == known.record


def _in_force(versions: list[Known[Any]] | None, at: int, lock: int) -> Known[Any] | None:
    """Return the latest version not effective after ``at`` and not recorded after ``lock``."""
    if not versions:
        return None
    known: Known[Any] = versions[-1]
    if known.effective_from <= at and known.timestamp <= lock:
        return known
    for known in reversed(versions):
        if known.effective_from <= at and known.timestamp <= lock:
            return known
    return None
