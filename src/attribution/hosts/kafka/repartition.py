"""The records of repartition topics on Kafka: messages between steps, re-keyed records, and watermarks."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Any, Final

import msgspec

from attribution.domain.steps.messages import Message
from attribution.domain.steps.topology import Repartition
from attribution.streams.flow.watermark import FromTask, Watermark

_REKEYED: Final = "rekeyed-"


def rekeyed(topic: str) -> str:
    """Return the repartition topic that holds the records of an input topic by buyer_id.

    >>> rekeyed("clicks"), source_of(rekeyed("clicks")), source_of("clicks")
    ('rekeyed-clicks', 'clicks', 'clicks')
    """
    return _REKEYED + topic


def source_of(topic: str) -> str:
    """Return the input topic behind a topic with re-keyed records; return any other topic unchanged."""
    return topic.removeprefix(_REKEYED)


class Rekeyed(FromTask, frozen=True, gc=False, array_like=True, tag="rekeyed"):
    """A re-keyed record of an input topic, with the offset, timestamp, key and value that it has there."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


RepartitionRecord = Message | Rekeyed | Watermark


def decoder(repartitions: Iterable[Repartition]) -> Callable[[bytes], RepartitionRecord]:
    """Return a function that decodes the records of repartition topics."""
    types: list[Any] = [*dict.fromkeys(one.message for one in repartitions), Rekeyed, Watermark]
    return msgspec.msgpack.Decoder(reduce(or_, types)).decode
