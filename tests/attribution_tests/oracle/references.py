"""Which reference version is in force (contract, section 2)."""

from dataclasses import dataclass, replace
from typing import Any, Final

from attribution.domain.records.reference import Campaign, Link, Policy, Promoter, Room

NAMED_BY: Final = {
    "links": "link_id",
    "promoters": "promoter_id",
    "rooms": "room_id",
    "campaigns": "campaign_id",
    "policies": "policy_id",
}


@dataclass(frozen=True)
class Written:
    """A reference record and its record timestamp."""

    topic: str
    timestamp: int
    version: Any


@dataclass(frozen=True)
class References:
    """Reference records in the order of arrival; the default policy is in force where no other is."""

    records: list[Written]
    default_policy: Policy

    def known_at(self, at: int) -> "References":
        return replace(self, records=[one for one in self.records if one.timestamp <= at])

    def in_force(self, topic: str, name: str, at: int) -> Any:
        """Return the version with the latest effective_from; of several with one key, the one written last."""
        versions = [
            one
            for one in self.records
            if one.topic == topic
            and getattr(one.version, NAMED_BY[topic]) == name
            and one.version.effective_from <= at
        ]
        last = max(versions, key=lambda one: (one.version.effective_from, one.timestamp), default=None)
        return None if last is None else last.version

    def link(self, link_id: str, at: int) -> Link | None:
        found: Link | None = self.in_force("links", link_id, at)
        return found

    def promoter(self, promoter_id: str, at: int) -> Promoter | None:
        found: Promoter | None = self.in_force("promoters", promoter_id, at)
        return found

    def room(self, room_id: str | None, at: int) -> Room | None:
        found: Room | None = None if room_id is None else self.in_force("rooms", room_id, at)
        return found

    def campaign(self, campaign_id: str | None, at: int) -> Campaign | None:
        found: Campaign | None = None if campaign_id is None else self.in_force("campaigns", campaign_id, at)
        return found

    def policy(self, at: int) -> Policy:
        found: Policy | None = self.in_force("policies", "default", at)
        return self.default_policy if found is None else found
