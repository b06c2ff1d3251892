"""The ledger of a subject: the postings that lead from what was posted to the expected balances."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

from attribution.domain.commissions.commission import COMMISSION
from attribution.domain.commissions.components import Expected
from attribution.domain.commissions.state import Balances, Ledger, Origin, Sums
from attribution.domain.records.currencies import Currency
from attribution.domain.records.outputs import Line, Note, Posting, PostingKind

PENALTY: Final = "penalty"
"""The name of the component that false shipping costs. Any other than this and the commission is an incentive."""
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
    subject: Subject, ledger: Ledger, currency: str, expected: Sequence[Expected], cause: Cause
) -> list[Posting]:
    """Return the postings that lead from what was posted to what is expected; record them in the ledger.

    There is at most one for each component, with one exception. If an earlier paid event in another currency
    replaces the paid event, what was posted in the old currency is reversed in postings of their own. What was
    posted of a component that is no longer expected is reversed.

    Raises:
        ValueError: a component is expected twice.
    """
    wanted = dict(expected)
    if len(wanted) < len(expected):
        raise ValueError(f"{subject.name}: a component is expected twice: {[name for name, _ in expected]}")
    for name in ledger.posted:
        wanted.setdefault(name, _NOTHING)
    postings: list[Posting] = []
    if ledger.currency != currency:
        nothing = {name: Balances({}, _posted(ledger, name).note) for name in wanted}
        postings += _postings(subject, ledger, nothing, cause)
        ledger.currency = currency
    return postings + _postings(subject, ledger, wanted, cause)


def _postings(
    subject: Subject, ledger: Ledger, expected: Mapping[str, Balances], cause: Cause
) -> list[Posting]:
    postings = []
    for name, balances in expected.items():
        posted = _posted(ledger, name)
        if balances == posted:
            continue
        lines = _difference(balances.sums, posted.sums)
        has_new_note, is_first = balances.note != posted.note, name not in ledger.posted
        if lines or has_new_note:
            sums = {key: amount for key, amount in balances.sums.items() if amount}
            ledger.posted[name] = Balances(sums, balances.note)
        if lines or (has_new_note and balances.note is not None):
            ledger.seq += 1
            if name == COMMISSION:
                kind = "estimated" if is_first else cause.kind
            else:
                kind = _own_kind(name, posted.sums, balances.sums)
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


def _posted(ledger: Ledger, component: str) -> Balances:
    return ledger.posted.get(component, _NOTHING)


def _own_kind(component: str, posted: Sums, expected: Sums) -> PostingKind:
    """Return the kind of a posting that is not the commission's: it is named after the component."""
    if component == PENALTY:
        return "penalty"
    return "incentive_reversed" if _moved(expected) < _moved(posted) else "incentive"


def _moved(sums: Sums) -> int:
    """Return how much money a component moves: its positive amounts."""
    return sum(amount for amount in sums.values() if amount > 0)


def _difference(expected: Sums, posted: Sums) -> list[Line]:
    """Return the lines that lead from what was posted to the expected sums, sorted by account."""
    keys = sorted(expected.keys() | posted.keys())
    moved = ((key, expected.get(key, 0) - posted.get(key, 0)) for key in keys)
    return [Line(account, bucket, amount) for (account, bucket), amount in moved if amount]
