"""What topics, group and transactions are called on a broker."""

from dataclasses import dataclass

from attribution.config.settings import Kafka
from attribution.hosts.kafka.repartition import ENTRIES_BY_CLICK_ID, TOUCHES, rekeyed


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment.

    ``prefix`` is put before every name, so that deployments can share a broker. ``application`` is part of all but
    the contract's topics, so that applications can share those.

    >>> names = Names("attribution", "test-")
    >>> names.topic("clicks"), names.rekeyed("clicks"), names.transactional_id(3)
    ('test-clicks', 'test-attribution-rekeyed-clicks', 'test-attribution-3')
    """

    application: str
    prefix: str

    def topic(self, name: str) -> str:
        """Return the name of a topic of the contract."""
        return self.prefix + name

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.prefix + self.application

    @property
    def named_entries(self) -> str:
        """The topic of room entries that name a click, keyed by click_id."""
        return self.repartition_topic(ENTRIES_BY_CLICK_ID)

    @property
    def touches(self) -> str:
        """The topic of anonymous clicks whose buyers are known, keyed by buyer_id."""
        return self.repartition_topic(TOUCHES)

    def repartition_topic(self, name: str) -> str:
        """Return the name of an internal topic."""
        return f"{self.group}-{name}"

    @property
    def changelog(self) -> str:
        """The topic that holds the state, compacted."""
        return f"{self.group}-changelog"

    def rekeyed(self, name: str) -> str:
        """Return the topic that holds the records of an input topic, keyed by buyer_id."""
        return self.repartition_topic(rekeyed(name))

    def transactional_id(self, partition: int) -> str:
        """Return the transactional id of a task, which is a partition."""
        return f"{self.group}-{partition}"


def names_of(kafka: Kafka) -> Names:
    """Return the names that the settings ask for."""
    return Names(kafka.application, kafka.topic_prefix)
