"""The names of attribution's topics, group and transactions on a broker."""

from attribution.config.settings import Kafka
from attribution.streams.names import Names


def names_of(kafka: Kafka) -> Names:
    """Return the names from the settings."""
    return Names(kafka.application, kafka.topic_prefix)
