"""A version of a reference record, and the latest versions that belong to a link."""

from typing import Generic, NamedTuple, TypeVar

import msgspec

from attribution.domain.records.reference import Campaign, Link, Promoter, Version

V_co = TypeVar("V_co", bound=Version, covariant=True)


class ReferenceVersion(NamedTuple, Generic[V_co]):
    """A version as read; versions sort by effective_from, record timestamp and offset."""

    effective_from: int
    timestamp: int
    offset: int
    record: V_co
    name: str
    """``<topic>/<id>@<effective_from>``; decisions use it to name the versions they read."""


class LatestVersions(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The latest versions of a link, its promoter and its campaign, and which orders see them.

    They are in force for a touch at or after ``touch_from`` and an order placed at or after ``order_from``. A
    lock at or after ``lock_from`` sees them. All times are in ms.
    """

    link: ReferenceVersion[Link]
    promoter: ReferenceVersion[Promoter] | None
    campaign: ReferenceVersion[Campaign] | None
    touch_from: int
    order_from: int
    lock_from: int
