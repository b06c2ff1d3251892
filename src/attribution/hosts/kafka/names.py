"""The names of attribution's topics, group and transactions on a broker."""

from dataclasses import dataclass

from attribution.config.settings import Kafka
from attribution.hosts.kafka.repartition import ENTRIES_BY_CLICK_ID, TOUCHES, rekeyed
from attribution.streams.names import Names


@dataclass(frozen=True, slots=True)
class AttributionNames(Names):
    """The names of a deployment, including its repartition topics."""

    @property
    def entries_by_click_id(self) -> str:
        """The topic of room entries that name a click, keyed by click_id."""
        return self.internal(ENTRIES_BY_CLICK_ID)

    @property
    def touches(self) -> str:
        """The topic of anonymous clicks whose buyers are known, keyed by buyer_id."""
        return self.internal(TOUCHES)

    def rekeyed(self, name: str) -> str:
        """Return the topic that holds the records of an input topic, keyed by buyer_id."""
        return self.internal(rekeyed(name))


def names_of(kafka: Kafka) -> AttributionNames:
    """Return the names from the settings."""
    return AttributionNames(kafka.application, kafka.topic_prefix)
