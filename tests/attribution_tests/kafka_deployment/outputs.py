"""The outputs of a deployment, by key, and the outputs of the steps alone from the same records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, Final, NamedTuple

import msgspec

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.topics import READ
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.domain.steps.topology import ATTRIBUTE
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.processor.persistence import NOTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.oracle import Arrival

OUTPUTS: Final = ATTRIBUTE.writes
OF_ITS_PLACE: Final = frozenset({"decision_id", "revision", "supersedes", "cause_event_id"})
"""Fields of a decision whose values may differ with the order of arrival."""
_ORDER_AGE_MS: Final = 180 * 86_400_000

ByKey = dict[str, list[bytes]]
"""The records of an output topic by order, in order; dead letters by topic, partition and offset."""


class Logged(NamedTuple):
    """A record in a topic partition."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


def from_steps_alone(logged: list[Logged]) -> dict[str, ByKey]:
    """Compute the outputs of the steps alone from all inputs in the total order."""
    processor = Processor(MemoryStore(), DEFAULT_POLICY, Limits(None, _ORDER_AGE_MS), NOTHING)
    processor.process(in_total_order(logged))
    written = processor.unit.outputs
    return {topic: by_key(topic, (one.value for one in written[topic])) for topic in OUTPUTS}


def accepted(logged: list[Logged]) -> list[Arrival]:
    """Return the records that the decoder accepts as the oracle takes them, in the total order."""
    records = in_total_order(logged)
    return [
        Arrival(one.topic, one.timestamp, one.value) for one in records if not isinstance(one.event, Refusal)
    ]


def sums(commissions: ByKey) -> dict[str, dict[tuple[str, str, str], int]]:
    """Return the sums of the postings by order, without zero sums.

    The seqs of an order must have no gap, and the lines of a posting must add up to zero.
    If a refund is read before its order, the order has no postings; otherwise it has postings that cancel
    out. Which case occurs depends on when each record was published.
    """
    return {order: total for order, postings in commissions.items() if (total := _sums(postings))}


def _sums(postings: list[bytes]) -> dict[tuple[str, str, str], int]:
    totals: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for number, row in enumerate(postings, 1):
        posting = msgspec.json.decode(row)
        assert posting["seq"] == number
        assert sum(line["amount"] for line in posting["lines"]) == 0
        for line in posting["lines"]:
            totals[line["account"], line["bucket"], posting["currency"]] += line["amount"]
    return {place: total for place, total in totals.items() if total}


def last_decisions(decisions: ByKey) -> dict[str, dict[str, Any]]:
    """Return the last decision by order, without the fields that depend on earlier revisions."""
    found = {}
    for order, rows in decisions.items():
        standing = [d for row in rows if (d := msgspec.json.decode(row))["status"] != "late_touch"]
        if standing:
            last = standing[-1].items()
            found[order] = {name: value for name, value in last if name not in OF_ITS_PLACE}
    return found


def by_key(topic: str, rows: Iterable[bytes]) -> ByKey:
    found: ByKey = defaultdict(list)
    for row in rows:
        record = msgspec.json.decode(row)
        if topic == "dead-letters":
            key = f"{record['topic']}/{record['partition']}/{record['offset']}"
        else:
            key = record["order_id"]
        found[key].append(row)
    return dict(found)


def in_total_order(logged: list[Logged]) -> list[Record]:
    by_place: defaultdict[tuple[str, int], list[Logged]] = defaultdict(list)
    for one in logged:
        by_place[one.topic, one.partition].append(one)
    keyed = [pair for (topic, _), some in sorted(by_place.items()) for pair in _keyed(topic, some)]
    return [record for _, record in sorted(keyed, key=lambda pair: pair[0])]


def _keyed(topic: str, some: list[Logged]) -> Iterator[tuple[tuple[int, int, int, int], Record]]:
    kind = next(one for one in READ if one.name == topic)
    rank = kind.rank or 0
    events = TopicDecoder(kind).decode([one.value for one in some], [one.timestamp for one in some])
    latest = accumulate((one.timestamp for one in some), max)
    for one, event, time in zip(some, events, latest, strict=True):
        key = None if one.key is None else one.key.decode(errors="replace")
        record = Record(one.timestamp, rank, one.partition, one.offset, topic, key, one.value, event)
        yield (time, rank, one.partition, one.offset), record
