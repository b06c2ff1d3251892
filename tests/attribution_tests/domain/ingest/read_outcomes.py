"""The outcome of reading values: the code of each refusal, or "read"."""

from typing import Any, Final

import msgspec

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import BY_NAME
from attribution_tests.domain.ingest.sample_records import GOOD, NOW

READERS: Final = {name: TopicDecoder(topic) for name, topic in BY_NAME.items() if topic.rank is not None}


def encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def outcome(read: Any) -> str:
    """Return the code of a refusal, or "read"."""
    return read.code if isinstance(read, Refusal) else "read"


def outcomes(topic: str, values: list[bytes], timestamp: int = NOW) -> list[str]:
    return [outcome(one) for one in READERS[topic].decode(values, [timestamp] * len(values))]


def refused(topic: str, value: bytes, timestamp: int = NOW) -> str:
    """Return the outcome of a value; check that it is the same alone and anywhere among good values."""
    good = encoded(next(fields for name, fields in GOOD if name == topic))
    (alone,) = outcomes(topic, [value], timestamp)
    for before, after in ((0, 1), (1, 0), (1, 1), (100, 3), (2, 130)):
        read = outcomes(topic, [good] * before + [value] + [good] * after, timestamp)
        assert read == ["read"] * before + [alone] + ["read"] * after
    return alone
