"""The ledger of a subject: the postings that lead from what was posted to the expected balances."""

from collections.abc import Iterable
from typing import Final, NamedTuple, cast

from attribution.domain.commissions.components import Component
from attribution.domain.commissions.state import Balances, Ledger, Origin, Sums
from attribution.domain.records.currencies import Currency
from attribution.domain.records.outputs import Line, Note, Posting, PostingKind

_NOTHING: Final = Balances({})


class Cause(NamedTuple):
    """The cause of a ledger change: its name, its time, and the kind of posting it leads to."""

    event_id: str
    occurred_at: int
    kind: PostingKind


class Subject(NamedTuple):
    """What a ledger is about, and what each of its postings carries.

    ``name`` is an order_id, ``campaign:<campaign_id>`` or ``task:<campaign_id>:<event_id>``. The other fields
    are those of an order: its order_id, decision revision and origin.
    """

    name: str
    order_id: str | None = None
    revision: int | None = None
    origin: Origin = Origin(None, None, None)


def post(
    subject: Subject,
    ledger: Ledger,
    currency: str,
    expected: Iterable[tuple[Component, Balances]],
    cause: Cause,
) -> list[Posting]:
    """Return the postings that lead from what was posted to the expected balances; record them in the ledger.

    There is at most one for each component, with one exception. If an earlier paid event in another currency
    replaces the paid event, what was posted in the old currency is reversed in postings of their own.
    """
    wanted = list(expected)
    postings: list[Posting] = []
    if ledger.currency != currency:
        nothing = [(component, Balances({}, _posted(ledger, component).note)) for component, _ in wanted]
        postings += _postings(subject, ledger, nothing, cause)
        ledger.currency = currency
    return postings + _postings(subject, ledger, wanted, cause)


def _postings(
    subject: Subject, ledger: Ledger, expected: list[tuple[Component, Balances]], cause: Cause
) -> list[Posting]:
    postings = []
    for component, balances in expected:
        posted = _posted(ledger, component)
        lines = _difference(balances.sums, posted.sums)
        has_new_note = balances.note != posted.note
        if lines or has_new_note:
            sums = {key: amount for key, amount in balances.sums.items() if amount}
            ledger.posted[component.name] = Balances(sums, balances.note)
        if lines or (has_new_note and balances.note is not None):
            ledger.seq += 1
            kind = _kind(component, posted.sums, balances.sums, ledger.seq, cause)
            note = balances.note if has_new_note else None
            postings.append(_posting(subject, ledger, kind, lines, note, cause))
    return postings


def _posting(
    subject: Subject, ledger: Ledger, kind: PostingKind, lines: list[Line], note: Note | None, cause: Cause
) -> Posting:
    return Posting(
        posting_id=f"{subject.name}:{ledger.seq}",
        subject=subject.name,
        order_id=subject.order_id,
        seq=ledger.seq,
        kind=kind,
        cause_event_id=cause.event_id,
        occurred_at=cause.occurred_at,
        currency=cast("Currency", ledger.currency),
        decision_revision=subject.revision,
        pid=subject.origin.pid,
        external_info=subject.origin.external_info,
        channel=subject.origin.channel,
        lines=lines,
        note=note,
    )


def _posted(ledger: Ledger, component: Component) -> Balances:
    return ledger.posted.get(component.name, _NOTHING)


def _kind(component: Component, posted: Sums, expected: Sums, seq: int, cause: Cause) -> PostingKind:
    if component.kinds is None:
        return "estimated" if seq == 1 else cause.kind
    adds, takes_back = component.kinds
    return takes_back if _moved(expected) < _moved(posted) else adds


def _moved(sums: Sums) -> int:
    """Return how much money a component moves: its positive amounts."""
    return sum(amount for amount in sums.values() if amount > 0)


def _difference(expected: Sums, posted: Sums) -> list[Line]:
    """Return the lines that lead from what was posted to the expected sums, sorted by account."""
    keys = sorted(expected.keys() | posted.keys())
    moved = ((key, expected.get(key, 0) - posted.get(key, 0)) for key in keys)
    return [Line(account, bucket, amount) for (account, bucket), amount in moved if amount]
