"""Compares the final results of two runs over the same input.

A later release may write other bytes, and take another way to the same results. So revisions, the number of
postings and the order of records may differ.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from attribution_tests.kafka_deployment.outputs import OUTPUTS, by_key, last_decisions, sums
from attribution_tests.processor.against_oracle import Outputs, check_chains


def assert_same_results(found: Outputs, expected: Outputs) -> None:
    """Compare last decisions, ledger sums, notes and dead letters; check the chains of what was found."""
    decisions, due = (last_decisions(by_key("decisions", one["decisions"])) for one in (found, expected))
    assert len(due) > 10
    orders = decisions.keys() | due.keys()
    assert [order for order in orders if decisions.get(order) != due.get(order)] == []
    ledger, due_ledger = (sums(by_key("commissions", one["commissions"])) for one in (found, expected))
    assert ledger == due_ledger
    assert _repeated_notes(found["commissions"]) <= _repeated_notes(expected["commissions"])
    assert _refused(found["dead-letters"]) == _refused(expected["dead-letters"])
    check_chains(found)
    _assert_unique(found["commissions"], "posting_id")
    _assert_unique(found["decisions"], "decision_id")


def rows_of(outputs: dict[str, dict[str, list[bytes]]]) -> Outputs:
    """Return outputs by topic alone; the records of a key stay in order."""
    return {topic: [row for rows in outputs[topic].values() for row in rows] for topic in OUTPUTS}


def _repeated_notes(rows: Iterable[bytes]) -> Counter[tuple[str, str]]:
    """Count the postings of an order that say only what the posting before said: why nothing is owed."""
    before: dict[str, str | None] = {}
    found: Counter[tuple[str, str]] = Counter()
    for posting in map(msgspec.json.decode, rows):
        order, note = posting["order_id"], None if posting["lines"] else posting["note"]
        if note and before.get(order) == note:
            found[order, note] += 1
        before[order] = note
    return found


def _refused(rows: Iterable[bytes]) -> Counter[tuple[str, int, int, str]]:
    letters = map(msgspec.json.decode, rows)
    return Counter((one["topic"], one["partition"], one["offset"], one["code"]) for one in letters)


def _assert_unique(rows: Iterable[bytes], name: str) -> None:
    ids = Counter(msgspec.json.decode(row)[name] for row in rows)
    assert [one for one, count in ids.items() if count > 1] == []
