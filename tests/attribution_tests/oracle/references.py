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
    """Reference records in the order of their arrival; the default policy holds where no other is in force."""

    records: list[Written]
    default_policy: Policy

    def known_at(self, moment: int) -> "References":
        return replace(self, records=[one for one in self.records if one.timestamp <= moment])

    def in_force(self, topic: str, name: str, moment: int) -> Any:
        """The version with the latest effective_from; of several with one key the one written last."""
        versions = [
            one
            for one in self.records
            if one.topic == topic
            and getattr(one.version, NAMED_BY[topic]) == name
            and one.version.effective_from <= moment
        ]
        last = max(versions, key=lambda one: (one.version.effective_from, one.timestamp), default=None)
        return None if last is None else last.version

    def link(self, link_id: str, moment: int) -> Link | None:
        found: Link | None = self.in_force("links", link_id, moment)
        return found

    def promoter(self, promoter_id: str, moment: int) -> Promoter | None:
        found: Promoter | None = self.in_force("promoters", promoter_id, moment)
        return found

    def room(self, room_id: str | None, moment: int) -> Room | None:
        found: Room | None = None if room_id is None else self.in_force("rooms", room_id, moment)
        return found

    def campaign(self, campaign_id: str | None, moment: int) -> Campaign | None:
        found: Campaign | None = (
            None if campaign_id is None else self.in_force("campaigns", campaign_id, moment)
        )
        return found

    def policy(self, moment: int) -> Policy:
        found: Policy | None = self.in_force("policies", "default", moment)
        return self.default_policy if found is None else found
