"""A version of a reference record, and when it is made known."""

from dataclasses import dataclass
from typing import Final

from attribution.domain.records.reference import Version

EVENT_IDS: Final = {
    "links": "link_id",
    "promoters": "promoter_id",
    "rooms": "room_id",
    "campaigns": "campaign_id",
    "policies": "policy_id",
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """A reference version on its way: ``announced_at`` is its record timestamp, milliseconds since the epoch."""

    topic: str
    version: Version
    announced_at: int

    @property
    def key(self) -> str:
        """The record key: ``<id>@<effective_from>``."""
        return f"{getattr(self.version, EVENT_IDS[self.topic])}@{self.version.effective_from}"


def in_time(topic: str, version: Version) -> Announcement:
    """A version that is made known when it comes into force."""
    return Announcement(topic, version, version.effective_from)
