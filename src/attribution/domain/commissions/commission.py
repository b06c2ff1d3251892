"""The commission of an order: what its credits earn, run through the splits of their campaigns."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from attribution.domain.commissions.amounts import credit_amounts, net_amount, waterfall
from attribution.domain.commissions.state import Balances, OrderTerms, Sums, Terms
from attribution.domain.orders.lifecycle import OrderLifecycle
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import Bucket, Note

COMMISSION: Final = "commission"
"""The name of the component."""


class Basis(NamedTuple):
    """What the expected balances of an order are derived from."""

    paid: OrderPaid
    terms: OrderTerms
    lifecycle: OrderLifecycle


def expected_commission(basis: Basis) -> Balances:
    """Derive the balances of an order's commission.

    The merchant pays. Each credit's part runs through its waterfall.
    """
    paid, terms, lifecycle = basis
    net = net_amount(paid, lifecycle)
    amounts = credit_amounts(net, [_payable(credit, paid) for credit in terms.credits])
    total = sum(amounts)
    if total == 0 or total < terms.least_payable:
        return Balances({}, _note(terms.credits, paid, net))
    bucket = bucket_of(lifecycle)
    sums: Sums = {(f"merchant:{paid.merchant_id}", bucket): -total}
    for amount, credit in zip(amounts, terms.credits, strict=True):
        for account, part in waterfall(amount, credit).items():
            sums[account, bucket] = sums.get((account, bucket), 0) + part
    return Balances(sums)


def bucket_of(lifecycle: OrderLifecycle) -> Bucket:
    """Return the bucket of an order's commission and incentives."""
    # Not implemented yet: ``held``, which comes with governance.
    if lifecycle.is_settled:
        return "settled"
    return "pending" if lifecycle.received_at is None else "confirmed"


def _payable(credit: Terms, paid: OrderPaid) -> tuple[int, int]:
    """Return weight and rate of a credit; the rate is 0 if the order is below the campaign's minimum."""
    return credit.weight_ppm, 0 if _is_below_minimum(credit, paid) else credit.rate_ppm


def _is_below_minimum(credit: Terms, paid: OrderPaid) -> bool:
    return credit.min_order_amount is not None and paid.paid_amount < credit.min_order_amount


def _note(terms: Sequence[Terms], paid: OrderPaid, net: int) -> Note | None:
    """Return why nothing is owed; None without a credit, or if nothing is left of the order."""
    if not terms or net == 0:
        return None
    for credit in terms:
        if _is_below_minimum(credit, paid):
            return "BELOW_MIN_ORDER"
        if credit.note is not None:
            return credit.note
    return "DUST"
