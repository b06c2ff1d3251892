"""Names of topics, group and transactions on a broker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment.

    ``prefix`` starts every name, so that deployments can share a broker. ``application`` is part of every
    name except those of the job's own topics, so that applications can share these topics.

    >>> names = Names("attribution", "test-")
    >>> names.topic("clicks"), names.internal("touches"), names.transactional_id(3)
    ('test-clicks', 'test-attribution-touches', 'test-attribution-3')
    """

    application: str
    prefix: str

    def topic(self, name: str) -> str:
        """Return the name of a topic that other programs read or write."""
        return self.prefix + name

    def internal(self, name: str) -> str:
        """Return the name of a topic that only this application uses."""
        return f"{self.group}-{name}"

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.prefix + self.application

    @property
    def changelog(self) -> str:
        """The compacted topic that holds the state."""
        return self.internal("changelog")

    def transactional_id(self, partition: int) -> str:
        """Return the transactional id of the task of a partition."""
        return f"{self.group}-{partition}"
