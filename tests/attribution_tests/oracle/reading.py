"""Which arrivals are accepted (contract, conventions and section 1): identity, copies, clashes, TOO_LATE."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec

from attribution.domain.records.events import OrderPaid
from attribution.domain.records.topics import BY_NAME

from .references import References, Written

Identity: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Arrival:
    """A record as it lies on a broker."""

    topic: str
    timestamp: int
    value: bytes


@dataclass(frozen=True)
class Fact:
    """An accepted event, with the smallest record timestamp of its copies."""

    topic: str
    timestamp: int
    event: Any


def decoded(arrival: Arrival) -> Any:
    return msgspec.json.decode(arrival.value, type=BY_NAME[arrival.topic].record)


def is_reference(arrival: Arrival) -> bool:
    return BY_NAME[arrival.topic].role == "reference"


def written(arrivals: list[Arrival]) -> list[Written]:
    return [Written(one.topic, one.timestamp, decoded(one)) for one in arrivals if is_reference(one)]


def key_of(topic: str, event: Any) -> str:
    if topic == "clicks":
        return str(event.click_id if event.buyer_id is None else event.buyer_id)
    return str(getattr(event, BY_NAME[topic].key))


def identity(arrival: Arrival) -> Identity:
    event = decoded(arrival)
    return (arrival.topic, key_of(arrival.topic, event), event.event_id)


def too_late(arrival: Arrival, event: Any, references: References) -> bool:
    if not isinstance(event, OrderPaid):
        return False
    policy = references.known_at(arrival.timestamp).policy(event.placed_at)
    return event.placed_at < arrival.timestamp - policy.longest_order_delay_ms


def facts(arrivals: list[Arrival], references: References) -> list[Fact]:
    """Return the accepted events: the first of each identity, with the smallest timestamp of its copies."""
    accepted: dict[Identity, Fact] = {}
    for arrival in arrivals:
        if is_reference(arrival):
            continue
        event, name = decoded(arrival), identity(arrival)
        first = accepted.get(name)
        if first is None and not too_late(arrival, event, references):
            accepted[name] = Fact(arrival.topic, arrival.timestamp, event)
        elif first is not None and first.event == event:
            accepted[name] = replace(first, timestamp=min(first.timestamp, arrival.timestamp))
    return list(accepted.values())
