"""A reference version and its record timestamp."""

from dataclasses import dataclass

from attribution.domain.records.reference import Version
from attribution.domain.references.catalogue import ID_FIELDS


@dataclass(frozen=True, slots=True)
class TimedVersion:
    """A reference version. ``recorded_at`` is its record timestamp, in ms since the epoch."""

    topic: str
    version: Version
    recorded_at: int

    @property
    def key(self) -> str:
        """Return the record key: ``<id>@<effective_from>``."""
        return f"{getattr(self.version, ID_FIELDS[self.topic])}@{self.version.effective_from}"


def as_of_effective(topic: str, version: Version) -> TimedVersion:
    """Return a version whose record timestamp is its effective_from."""
    return TimedVersion(topic, version, version.effective_from)
