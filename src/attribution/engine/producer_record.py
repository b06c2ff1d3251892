"""A record that a traffic source writes, for any kind of output."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProducerRecord:
    """One record for a topic.

    ``timestamp`` is the record timestamp in milliseconds since the epoch, ``key`` the record key of the
    contract, ``value`` the bytes of one JSON object without a newline (a broken record may hold anything).
    """

    topic: str
    timestamp: int
    key: str
    value: bytes
