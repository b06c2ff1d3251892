"""A record on its way out: what the traffic sources write, whatever takes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProducerRecord:
    """One record of a topic.

    ``timestamp`` is the record timestamp in milliseconds since the epoch, ``key`` the record key of the contract,
    ``value`` the bytes of one JSON object without a newline (a broken record may hold anything).
    """

    topic: str
    timestamp: int
    key: str
    value: bytes
