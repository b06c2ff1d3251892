"""Reads the result of each order back from the input and output files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec.json import Decoder

from attribution.domain.decisions.verdicts import CREDITED
from attribution.domain.records.events import OrderEvent, OrderPaid
from attribution.domain.records.outputs import Decision, Posting, VerdictCode

_Record = TypeVar("_Record")


class Story(NamedTuple):
    """An order: its payment, its last decision, and its postings in order."""

    paid: OrderPaid
    decision: Decision
    postings: list[Posting]

    @property
    def commission(self) -> int:
        """What the merchant owes for the order, in minor units."""
        lines = (line for posting in self.postings for line in posting.lines)
        return -sum(line.amount for line in lines if line.account.startswith("merchant:"))

    @property
    def losers(self) -> Counter[VerdictCode]:
        """The number of touches by verdict, without CREDITED."""
        verdicts = Counter(candidate.verdict for candidate in self.decision.candidates)
        del verdicts[CREDITED]
        return verdicts


def read_stories(inputs: Path, outputs: Path) -> list[Story]:
    """Return the stories of all decided orders, sorted by the time of the order."""
    paid = {
        event.order_id: event
        for event in _records_in(inputs / "orders.ndjson", Decoder(OrderEvent))
        if isinstance(event, OrderPaid)
    }
    decisions = {
        decision.order_id: decision
        for decision in _records_in(outputs / "decisions.ndjson", Decoder(Decision))
        if decision.status != "late_touch"
    }
    postings: dict[str, list[Posting]] = {}
    for posting in _records_in(outputs / "commissions.ndjson", Decoder(Posting)):
        postings.setdefault(posting.subject, []).append(posting)
    stories = [Story(paid[name], decision, postings.get(name, [])) for name, decision in decisions.items()]
    return sorted(stories, key=lambda story: (story.paid.placed_at, story.paid.order_id))


def _records_in(path: Path, decoder: Decoder[_Record]) -> Iterator[_Record]:
    with path.open("rb") as file:
        yield from map(decoder.decode, file)
