"""What an order's ledger should say, and the posting that makes it so."""

from typing import NamedTuple, TypeAlias, cast

from attribution.domain.commissions.amounts import credit_amounts, net_amount, waterfall
from attribution.domain.commissions.state import Ledger, OrderTerms, Origin, Terms
from attribution.domain.orders.lifecycle import OrderLifecycle
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.fields import Currency
from attribution.domain.records.outputs import Bucket, Line, Note, Posting, PostingKind

Sums: TypeAlias = dict[tuple[str, Bucket], int]


class ExpectedBalances(NamedTuple):
    """What is due for an order: sums by account and bucket, and why there are none where there could be."""

    sums: Sums
    note: Note | None


class Cause(NamedTuple):
    """What made the ledger change: its name, when it happened, and the kind of posting it leads to."""

    event_id: str
    occurred_at: int
    kind: PostingKind


def expected_balances(paid: OrderPaid, terms: OrderTerms, lifecycle: OrderLifecycle) -> ExpectedBalances:
    """Derive what is due for an order: the merchant pays, each credit's part runs through its waterfall."""
    net = net_amount(paid, lifecycle)
    amounts = credit_amounts(net, terms.credits)
    total = sum(amounts)
    if total == 0 or total < terms.least_payable:
        return ExpectedBalances({}, _note(terms.credits, net))
    bucket = _bucket(lifecycle)
    sums: Sums = {(f"merchant:{paid.merchant_id}", bucket): -total}
    for amount, credit in zip(amounts, terms.credits, strict=True):
        for account, part in waterfall(amount, credit).items():
            sums[account, bucket] = sums.get((account, bucket), 0) + part
    return ExpectedBalances(sums, None)


class Subject(NamedTuple):
    """What postings of an order carry: whose they are, and what they follow from."""

    order_id: str
    revision: int
    origin: Origin


def post(
    subject: Subject, ledger: Ledger, paid: OrderPaid, expected: ExpectedBalances, cause: Cause
) -> list[Posting]:
    """Return the postings that lead from what was posted to the expected balances, and record them in the ledger.

    There is at most one, except for an order whose paid event gave way to an earlier one in another currency: what was
    posted in the old currency is reversed in a posting of its own.
    """
    postings = []
    if ledger.posted and ledger.currency != paid.currency:
        nothing = ExpectedBalances({}, None)
        postings.append(_posting(subject, ledger, ledger.currency, nothing, cause))
    ledger.currency = paid.currency
    if expected.note not in (None, ledger.note) or _difference(expected.sums, ledger.posted):
        postings.append(_posting(subject, ledger, paid.currency, expected, cause))
    ledger.note = expected.note
    return postings


def _posting(
    subject: Subject, ledger: Ledger, currency: str, expected: ExpectedBalances, cause: Cause
) -> Posting:
    lines = _difference(expected.sums, ledger.posted)
    ledger.seq += 1
    ledger.posted = {key: amount for key, amount in expected.sums.items() if amount}
    return Posting(
        posting_id=f"{subject.order_id}:{ledger.seq}",
        subject=subject.order_id,
        order_id=subject.order_id,
        seq=ledger.seq,
        kind="estimated" if ledger.seq == 1 else cause.kind,
        cause_event_id=cause.event_id,
        occurred_at=cause.occurred_at,
        currency=cast("Currency", currency),
        decision_revision=subject.revision,
        pid=subject.origin.pid,
        external_info=subject.origin.external_info,
        channel=subject.origin.channel,
        lines=lines,
        note=expected.note if expected.note != ledger.note else None,
    )


def _bucket(lifecycle: OrderLifecycle) -> Bucket:
    # Held takes its place here with governance.
    if lifecycle.is_settled:
        return "settled"
    return "pending" if lifecycle.received_at is None else "confirmed"


def _note(terms: list[Terms], net: int) -> Note | None:
    """Say why nothing is due; nothing to say without a credit, or where nothing is left of the order."""
    if not terms or net == 0:
        return None
    return next((credit.note for credit in terms if credit.note), "DUST")


def _difference(expected: Sums, posted: Sums) -> list[Line]:
    """Return the lines that lead from what was posted to what is due, in the order of accounts."""
    keys = sorted(expected.keys() | posted.keys())
    moved = ((key, expected.get(key, 0) - posted.get(key, 0)) for key in keys)
    return [Line(account, bucket, amount) for (account, bucket), amount in moved if amount]
