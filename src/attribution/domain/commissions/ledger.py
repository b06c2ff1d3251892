"""What an order's ledger should say, and the posting that makes it so."""

from typing import NamedTuple, TypeAlias, cast

from attribution.domain.commissions.amounts import credit_amounts, net_amount, waterfall
from attribution.domain.orders.lifecycle import Life
from attribution.domain.orders.order import Order
from attribution.domain.orders.published import Standing, Terms
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.fields import Currency
from attribution.domain.records.outputs import Bucket, Line, Note, Posting, PostingKind

Sums: TypeAlias = dict[tuple[str, Bucket], int]


class Due(NamedTuple):
    """What is due for an order: sums by account and bucket, and why there are none where there could be."""

    sums: Sums
    note: Note | None


class Cause(NamedTuple):
    """What made the ledger change: its name, when it happened, and the kind of posting it leads to."""

    event_id: str
    occurred_at: int
    kind: PostingKind


def due_for(paid: OrderPaid, standing: Standing, life: Life) -> Due:
    """Derive what is due for an order: the merchant pays, each credit's part runs through its waterfall."""
    net = net_amount(paid, life)
    amounts = credit_amounts(net, standing.terms)
    total = sum(amounts)
    if total == 0 or total < standing.least_payable:
        return Due({}, _note(standing.terms, net))
    bucket = _bucket(life)
    sums: Sums = {(f"merchant:{paid.merchant_id}", bucket): -total}
    for amount, terms in zip(amounts, standing.terms, strict=True):
        for account, part in waterfall(amount, terms).items():
            sums[account, bucket] = sums.get((account, bucket), 0) + part
    return Due(sums, None)


def post(order: Order, paid: OrderPaid, due: Due, cause: Cause) -> list[Posting]:
    """Return the postings that lead from what was posted to what is due, and take note of them.

    There is at most one, but for an order whose paid event gave way to an earlier one in another currency: what was
    posted in the old currency is reversed in a posting of its own.
    """
    ledger = order.ledger
    postings = []
    if ledger.posted and ledger.currency != paid.currency:
        postings.append(_posting(order, ledger.currency, Due({}, None), cause))
    ledger.currency = paid.currency
    if due.note not in (None, ledger.note) or _difference(due.sums, ledger.posted):
        postings.append(_posting(order, paid.currency, due, cause))
    ledger.note = due.note
    return postings


def _posting(order: Order, currency: str, due: Due, cause: Cause) -> Posting:
    ledger, standing = order.ledger, order.standing
    assert standing is not None, "nothing is posted before the first decision"  # noqa: S101
    lines = _difference(due.sums, ledger.posted)
    ledger.seq += 1
    ledger.posted = {key: amount for key, amount in due.sums.items() if amount}
    return Posting(
        posting_id=f"{order.order_id}:{ledger.seq}",
        subject=order.order_id,
        order_id=order.order_id,
        seq=ledger.seq,
        kind="estimated" if ledger.seq == 1 else cause.kind,
        cause_event_id=cause.event_id,
        occurred_at=cause.occurred_at,
        currency=cast("Currency", currency),
        decision_revision=standing.revision,
        pid=standing.origin.pid,
        external_info=standing.origin.external_info,
        channel=standing.origin.channel,
        lines=lines,
        note=due.note if due.note != ledger.note else None,
    )


def _bucket(life: Life) -> Bucket:
    # Held takes its place here with governance.
    if life.is_settled:
        return "settled"
    return "pending" if life.received_at is None else "confirmed"


def _note(terms: list[Terms], net: int) -> Note | None:
    """Say why nothing is due; nothing to say without a credit, or where nothing is left of the order."""
    if not terms or net == 0:
        return None
    return next((credit.note for credit in terms if credit.note), "DUST")


def _difference(due: Sums, posted: Sums) -> list[Line]:
    """Return the lines that lead from what was posted to what is due, in the order of accounts."""
    keys = sorted(due.keys() | posted.keys())
    moved = ((key, due.get(key, 0) - posted.get(key, 0)) for key in keys)
    return [Line(account, bucket, amount) for (account, bucket), amount in moved if amount]
