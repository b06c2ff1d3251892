"""Errors, and what to do about them."""

from collections.abc import Iterable
from typing import Final

INSTALL: Final = (
    "Install Java 17 and Maven: apt-get install default-jdk-headless maven. Docker, or KAFKA_BOOTSTRAP with "
    "the host:port of a running Kafka, is enough for tests that do not kill, pause or secure a broker."
)
_LAST_LINES: Final = 20


class NoKafkaError(RuntimeError):
    """This machine cannot run Kafka; the message says what to install."""


class BrokerError(RuntimeError):
    """A Kafka does not start or answer; the message ends with the last lines of its log, if it has one."""


def last_lines(lines: Iterable[str]) -> str:
    """Return the last lines of a log, to append to a message."""
    return "\n".join(["", *list(lines)[-_LAST_LINES:]])
