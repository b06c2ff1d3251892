"""A version of a reference record as read, and the latest versions that belong to a link."""

from typing import Generic, NamedTuple, TypeVar

import msgspec

from attribution.domain.records.reference import Campaign, Link, Promoter, Version

V_co = TypeVar("V_co", bound=Version, covariant=True)


class ReferenceVersion(NamedTuple, Generic[V_co]):
    """A version as read: ordered by effective_from, record timestamp, offset."""

    effective_from: int
    timestamp: int
    offset: int
    record: V_co
    name: str
    """``<topic>/<id>@<effective_from>``, as decisions name the versions they read."""


class LatestVersions(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The latest versions of a link, its promoter and its campaign, and from when on an order sees them.

    They are in force for a touch from ``touch_from`` of an order placed from ``order_from``, and seen with a lock
    from ``lock_from`` (ms).
    """

    link: ReferenceVersion[Link]
    promoter: ReferenceVersion[Promoter] | None
    campaign: ReferenceVersion[Campaign] | None
    touch_from: int
    order_from: int
    lock_from: int
