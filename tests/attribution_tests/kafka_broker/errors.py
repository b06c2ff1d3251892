"""What can go wrong, and what is to be done about it."""

from collections.abc import Iterable
from typing import Final

INSTALL: Final = (
    "Install Java 17 and Maven: apt-get install default-jdk-headless maven. Docker, or KAFKA_BOOTSTRAP with the "
    "host:port of a running Kafka, does as well where no broker is killed, paused or secured."
)
_LAST_LINES: Final = 20


class NoKafkaError(RuntimeError):
    """This machine lacks what a Kafka needs; the message says what to install."""


class BrokerError(RuntimeError):
    """A Kafka was to be had, but it does not answer; the message ends with the last lines of its log."""


def last_lines(lines: Iterable[str]) -> str:
    """The end of a log, to be appended to a message."""
    return "\n".join(["", *list(lines)[-_LAST_LINES:]])
