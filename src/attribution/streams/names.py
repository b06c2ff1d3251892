"""What topics, group and transactions are called on a broker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment.

    ``prefix`` is put before every name, so that deployments can share a broker. ``application`` is part of all but
    the job's own topics, so that applications can share those.

    >>> names = Names("attribution", "test-")
    >>> names.topic("clicks"), names.internal("touches"), names.transactional_id(3)
    ('test-clicks', 'test-attribution-touches', 'test-attribution-3')
    """

    application: str
    prefix: str

    def topic(self, name: str) -> str:
        """Return the name of a topic that others read or write."""
        return self.prefix + name

    def internal(self, name: str) -> str:
        """Return the name of a topic of this application alone."""
        return f"{self.group}-{name}"

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.prefix + self.application

    @property
    def changelog(self) -> str:
        """The topic that holds the state, compacted."""
        return self.internal("changelog")

    def transactional_id(self, partition: int) -> str:
        """Return the transactional id of a task, which is a partition."""
        return f"{self.group}-{partition}"
