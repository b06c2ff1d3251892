"""Drives the processor with records as a broker holds them, and compares its outputs with the oracle."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec

from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.record import Record
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.store import Store
from attribution.processor.persistence import EVERYTHING, NOTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.kafka_deployment import outputs as outputs_by_key
from attribution_tests.kafka_deployment.outputs import OF_ITS_PLACE, by_key
from attribution_tests.oracle import Arrival, expected

YEAR: Final = 365 * 86_400_000
READERS: Final = {name: TopicDecoder(topic) for name, topic in BY_NAME.items() if topic.rank is not None}
Outputs: TypeAlias = dict[str, list[bytes]]
"""By topic: the values in the order of writing."""
Sums: TypeAlias = dict[tuple[str, str, str], int]


def records_of(arrivals: Sequence[Arrival]) -> list[Record]:
    records = []
    for offset, one in enumerate(arrivals):
        (event,) = READERS[one.topic].decode([one.value], [one.timestamp])
        rank = BY_NAME[one.topic].rank or 0
        records.append(Record(one.timestamp, rank, 0, offset, one.topic, None, one.value, event))
    return records


def open_processor(store: Store, cache_touches: int | None = None, order_age_ms: int = YEAR) -> Processor:
    persistence = NOTHING if cache_touches is None else EVERYTHING
    return Processor(store, DEFAULT_POLICY, Limits(cache_touches, order_age_ms), persistence)


def outputs_of(arrivals: Sequence[Arrival]) -> Outputs:
    """Return the outputs of one unit of work in memory."""
    processor = open_processor(MemoryStore())
    processor.process(records_of(arrivals))
    return written_by(processor)


def written_by(processor: Processor) -> Outputs:
    return {topic: [one.value for one in written] for topic, written in processor.unit.outputs.items()}


def decoded(outputs: Outputs, topic: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(value) for value in outputs.get(topic, [])]


def check(arrivals: Sequence[Arrival], outputs: Outputs) -> None:
    """Compare last decisions and ledger sums with the oracle; check the chains of both."""
    due = expected(list(arrivals), DEFAULT_POLICY)
    assert last_decisions(outputs) == due.decisions
    assert sums(outputs) == due.ledger
    check_chains(outputs)
    currencies = {(posting["order_id"], posting["currency"]) for posting in moving(outputs)}
    assert {(order_id, due.currency[order_id]) for order_id, *_ in due.ledger} <= currencies


def last_decisions(outputs: Outputs) -> dict[str, dict[str, Any]]:
    """Return the body of each order's last decision, in the oracle's shape."""
    last = outputs_by_key.last_decisions(by_key("decisions", outputs.get("decisions", [])))
    for body in last.values():
        for candidate in body["candidates"]:
            del candidate["versions"]
        for credit in body["credits"]:
            credit.setdefault("campaign_id", None)
    return last


def moving(outputs: Outputs) -> list[dict[str, Any]]:
    return [posting for posting in decoded(outputs, "commissions") if posting["lines"]]


def sums(outputs: Outputs) -> Sums:
    """Return the sums by order, account and bucket, without zeros."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for posting in moving(outputs):
        for line in posting["lines"]:
            totals[posting["order_id"], line["account"], line["bucket"]] += line["amount"]
    return {key: amount for key, amount in totals.items() if amount}


def check_chains(outputs: Outputs) -> None:
    """Check that postings sum to 0, seq and revision have no gaps, and revisions supersede the one before."""
    seqs: defaultdict[str, int] = defaultdict(int)
    for posting in decoded(outputs, "commissions"):
        subject = posting["subject"]
        seqs[subject] += 1
        assert (posting["seq"], posting["posting_id"]) == (seqs[subject], f"{subject}:{seqs[subject]}")
        assert sum(line["amount"] for line in posting["lines"]) == 0
        assert (posting["kind"] == "estimated") == (posting["seq"] == 1)
        assert posting["lines"] or posting.get("note")
    revisions: dict[str, dict[str, Any]] = {}
    for decision in decoded(outputs, "decisions"):
        check_decision(decision, revisions.get(decision["order_id"]))
        if decision["status"] != "late_touch":
            revisions[decision["order_id"]] = decision


def check_decision(decision: dict[str, Any], before: dict[str, Any] | None) -> None:
    if decision["status"] == "late_touch":
        assert before is not None
        assert (decision["revision"], decision["credits"]) == (before["revision"], before["credits"])
        assert decision["decision_id"] == f"{before['decision_id']}:late:{decision['cause_event_id']}"
        return
    order_id, revision = decision["order_id"], decision["revision"]
    assert decision["decision_id"] == f"{order_id}:{revision}"
    assert revision == (before["revision"] + 1 if before else 1)
    assert decision.get("supersedes") == (before["decision_id"] if before else None)
    assert before is None or body_of(before) != body_of(decision)
    assert sum(credit["weight_ppm"] for credit in decision["credits"]) in (
        {1_000_000} if decision["credits"] else {0}
    )


def body_of(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: what for name, what in decision.items() if name not in OF_ITS_PLACE}
