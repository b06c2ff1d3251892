"""The expected balances of an order, and the postings that lead to them."""

from typing import NamedTuple, TypeAlias, cast

from attribution.domain.commissions.amounts import credit_amounts, net_amount, waterfall
from attribution.domain.commissions.state import Ledger, OrderTerms, Origin, Terms
from attribution.domain.orders.lifecycle import OrderLifecycle
from attribution.domain.records.currencies import Currency
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import Bucket, Line, Note, Posting, PostingKind

Sums: TypeAlias = dict[tuple[str, Bucket], int]


class ExpectedBalances(NamedTuple):
    """What an order's ledger should say: sums by account and bucket, or a note why there are none."""

    sums: Sums
    note: Note | None


class Cause(NamedTuple):
    """The cause of a ledger change: its name, its time, and the kind of posting it leads to."""

    event_id: str
    occurred_at: int
    kind: PostingKind


def expected_balances(paid: OrderPaid, terms: OrderTerms, lifecycle: OrderLifecycle) -> ExpectedBalances:
    """Derive the expected balances of an order.

    The merchant pays. Each credit's part runs through its waterfall.
    """
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
    """What each posting of an order carries: order_id, decision revision and origin."""

    order_id: str
    revision: int
    origin: Origin


def post(
    subject: Subject, ledger: Ledger, paid: OrderPaid, expected: ExpectedBalances, cause: Cause
) -> list[Posting]:
    """Return the postings that lead from what was posted to the expected balances; record them in the ledger.

    There is at most one, with one exception. If an earlier paid event in another currency replaces the paid
    event, what was posted in the old currency is reversed in a posting of its own.
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
    # Not implemented yet: ``held``, which comes with governance.
    if lifecycle.is_settled:
        return "settled"
    return "pending" if lifecycle.received_at is None else "confirmed"


def _note(terms: list[Terms], net: int) -> Note | None:
    """Return why nothing is owed; None without a credit, or if nothing is left of the order."""
    if not terms or net == 0:
        return None
    return next((credit.note for credit in terms if credit.note), "DUST")


def _difference(expected: Sums, posted: Sums) -> list[Line]:
    """Return the lines that lead from what was posted to the expected sums, sorted by account."""
    keys = sorted(expected.keys() | posted.keys())
    moved = ((key, expected.get(key, 0) - posted.get(key, 0)) for key in keys)
    return [Line(account, bucket, amount) for (account, bucket), amount in moved if amount]
