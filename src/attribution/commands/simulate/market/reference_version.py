"""A version of a reference record, and when it is made known."""

from dataclasses import dataclass

from attribution.domain.records.reference import Version
from attribution.domain.references.catalogue import ID_FIELDS


@dataclass(frozen=True, slots=True)
class TimedVersion:
    """A reference version on its way: ``recorded_at`` is its record timestamp, milliseconds since the epoch."""

    topic: str
    version: Version
    recorded_at: int

    @property
    def key(self) -> str:
        """The record key: ``<id>@<effective_from>``."""
        return f"{getattr(self.version, ID_FIELDS[self.topic])}@{self.version.effective_from}"


def as_of_effective(topic: str, version: Version) -> TimedVersion:
    """A version that is made known when it comes into force."""
    return TimedVersion(topic, version, version.effective_from)
