"""Checkers: pure functions of the evidence, each of which finds one kind of violation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from attribution_tests.kafka_deployment.outputs import ByKey, last_decisions

Place = tuple[str, int]
"""A topic by its name in the contract, and a partition."""
_ID: Final = {"decisions": "decision_id", "commissions": "posting_id"}


class Violation(NamedTuple):
    """One thing that is wrong: its kind, its key and a description."""

    kind: str
    where: str
    detail: str


class Input(NamedTuple):
    """The place of an order event in ``orders``, and its order."""

    partition: int
    offset: int
    order_id: str


@dataclass(frozen=True)
class Evidence:
    """What a trial left behind.

    Attributes:
        written: The committed outputs by topic and key, in order.
        expected: The outputs that the steps alone compute from the input, by topic and key.
        paid: The order events that require a decision.
        positions: How far each place was processed, by the group's offsets and by the tasks' own records.
        ends: The end offset of each place.
        bytes_too: Whether the bytes must be equal. They must if all input was there before the start.
    """

    written: Mapping[str, ByKey]
    expected: Mapping[str, ByKey]
    paid: list[Input] = field(default_factory=list)
    positions: list[tuple[Place, int]] = field(default_factory=list)
    ends: Mapping[Place, int] = field(default_factory=dict)
    bytes_too: bool = False


Checker = Callable[[Evidence], Iterable[Violation]]


def missing(evidence: Evidence) -> Iterator[Violation]:
    """Yield orders without a decision or without expected postings, and records without a dead letter."""
    written, expected = evidence.written, evidence.expected
    for topic in ("decisions", "dead-letters"):
        for key in expected[topic].keys() - written[topic].keys():
            yield Violation("missing", f"{topic} {key}", "nothing was written")
    for order, postings in expected["commissions"].items():
        if order not in written["commissions"] and _sums(postings):
            yield Violation("missing", f"commissions {order}", "nothing was written")


def unexpected(evidence: Evidence) -> Iterator[Violation]:
    """Yield outputs that no input asks for."""
    written, expected = evidence.written, evidence.expected
    for topic in ("decisions", "dead-letters"):
        for key in written[topic].keys() - expected[topic].keys():
            yield Violation("unexpected", f"{topic} {key}", "no input asks for it")
    for order, postings in written["commissions"].items():
        if order not in expected["commissions"] and _sums(postings):
            yield Violation("unexpected", f"commissions {order}", "no input asks for it")


def duplicate(evidence: Evidence) -> Iterator[Violation]:
    """Yield outputs that were written more than once."""
    for topic, name in _ID.items():
        for key, rows in evidence.written[topic].items():
            counts = Counter(_decoded(row)[name] for row in rows)
            for identity, count in counts.items():
                if count > 1:
                    yield Violation("duplicate", f"{topic} {key}", f"{identity} was written {count} times")
    for key, rows in evidence.written["dead-letters"].items():
        due = len(evidence.expected["dead-letters"].get(key, rows[:1]))
        if len(rows) > due:
            yield Violation("duplicate", f"dead-letters {key}", f"written {len(rows)} times, not {due}")


def wrong_winner(evidence: Evidence) -> Iterator[Violation]:
    """Yield orders whose last decision differs from the expected one."""
    written, expected = (last_decisions(rows["decisions"]) for rows in (evidence.written, evidence.expected))
    for order in written.keys() & expected.keys():
        if written[order] != expected[order]:
            names = [name for name, value in expected[order].items() if written[order].get(name) != value]
            yield Violation("wrong winner", f"decisions {order}", f"differs in {', '.join(names)}")


def wrong_sum(evidence: Evidence) -> Iterator[Violation]:
    """Yield orders whose postings do not add up to the expected sum."""
    written, expected = evidence.written["commissions"], evidence.expected["commissions"]
    for order in written.keys() & expected.keys():
        found, due = _sums(written[order]), _sums(expected[order])
        if found != due:
            yield Violation("wrong sum", f"commissions {order}", f"{found}, not {due}")


def unbalanced_posting(evidence: Evidence) -> Iterator[Violation]:
    """Yield postings whose lines do not add up to zero."""
    for order, rows in evidence.written["commissions"].items():
        for posting in map(_decoded, rows):
            total = sum(line["amount"] for line in posting["lines"])
            if total:
                yield Violation(
                    "unbalanced posting", f"commissions {order}", f"{posting['posting_id']}: {total}"
                )


def gap_in_seq(evidence: Evidence) -> Iterator[Violation]:
    """Yield orders whose postings or decisions are not numbered 1, 2, 3, …; a repeated number is no gap."""
    for topic, number in (("commissions", "seq"), ("decisions", "revision")):
        for order, rows in evidence.written[topic].items():
            records = map(_decoded, rows)
            numbers = list(dict.fromkeys(one[number] for one in records if one.get("status") != "late_touch"))
            if numbers != list(range(1, len(numbers) + 1)):
                yield Violation("gap in seq", f"{topic} {order}", str(numbers))


def offset_beyond_output(evidence: Evidence) -> Iterator[Violation]:
    """Yield places that are processed beyond their end, or beyond an order without a decision."""
    reached: defaultdict[Place, int] = defaultdict(int)
    for place, position in evidence.positions:
        reached[place] = max(position, reached[place])
        if position > evidence.ends.get(place, position):
            yield Violation("offset beyond output", f"{place[0]} {place[1]}", f"{position} is beyond the end")
    decided = evidence.written["decisions"]
    for one in evidence.paid:
        if one.offset < reached["orders", one.partition] and one.order_id not in decided:
            yield Violation(
                "offset beyond output",
                f"orders {one.partition} offset {one.offset}",
                f"is processed, but {one.order_id} has no decision",
            )


def other_bytes(evidence: Evidence) -> Iterator[Violation]:
    """Yield orders whose decisions or postings differ in their bytes, where the bytes must be equal."""
    if not evidence.bytes_too:
        return
    for topic in _ID:
        written, expected = evidence.written[topic], evidence.expected[topic]
        for key in written.keys() & expected.keys():
            if written[key] != expected[key]:
                yield Violation(
                    "other bytes",
                    f"{topic} {key}",
                    f"{len(written[key])} records written, {len(expected[key])} expected",
                )


CHECKERS: Final[tuple[Checker, ...]] = (
    missing,
    unexpected,
    duplicate,
    wrong_winner,
    wrong_sum,
    unbalanced_posting,
    gap_in_seq,
    offset_beyond_output,
    other_bytes,
)


def check(evidence: Evidence) -> list[Violation]:
    """Return the violations that all checkers find."""
    return [violation for checker in CHECKERS for violation in checker(evidence)]


def _sums(postings: Iterable[bytes]) -> dict[tuple[str, str, str], int]:
    totals: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for posting in map(_decoded, postings):
        for line in posting["lines"]:
            totals[line["account"], line["bucket"], posting["currency"]] += line["amount"]
    return {account: total for account, total in totals.items() if total}


def _decoded(row: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(row)
    return decoded
