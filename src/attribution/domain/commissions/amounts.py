"""Commission arithmetic on integers, floored once where the contract says so (section 4)."""

from collections.abc import Sequence

from attribution.domain.commissions.state import Terms
from attribution.domain.orders.lifecycle import OrderLifecycle
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.fields import MILLION


def net_amount(paid: OrderPaid, lifecycle: OrderLifecycle) -> int:
    """Return the commissionable amount less its share of the refunds, in minor units; 0 once closed."""
    base = paid.paid_amount if paid.commissionable_amount is None else paid.commissionable_amount
    if lifecycle.is_closed:
        return 0
    if paid.paid_amount == 0:
        return base
    return base * max(0, paid.paid_amount - lifecycle.refunded) // paid.paid_amount


def credit_amounts(net: int, credits_: Sequence[tuple[int, int]]) -> list[int]:
    """Return the part of each credit (weight_ppm, rate_ppm) of T = floor(net x sum(rate x weight) / 10^12).

    Each part is floored. The rest of T goes to the latest credit with a rate.

    >>> half = (500_000, 100_000)
    >>> credit_amounts(101, [half, half])
    [5, 5]
    >>> credit_amounts(119, [half, half])
    [5, 6]
    """
    products = [weight_ppm * rate_ppm for weight_ppm, rate_ppm in credits_]
    amounts = [net * product // MILLION**2 for product in products]
    for place in reversed(range(len(amounts))):
        if products[place]:
            amounts[place] += net * sum(products) // MILLION**2 - sum(amounts)
            break
    return amounts


def waterfall(amount: int, terms: Terms) -> dict[str, int]:
    """Return what each account keeps of an amount after a campaign's splits.

    A role receives floor(share of what ``of`` received gross), and later roles take their shares from that.
    What rounding or an unfilled role leaves goes to the remainder account. The parts add up to the amount.
    """
    gross = {"total": amount}
    kept: dict[str, int] = {terms.remainder: amount}
    for share in terms.shares:
        part = gross[share.of] * share.share_ppm // MILLION
        gross[share.role] = gross.get(share.role, 0) + part
        giver = terms.remainder if share.of == "total" else _account_of(share.of, terms)
        taker = share.account or terms.remainder
        kept[giver] = kept.get(giver, 0) - part
        kept[taker] = kept.get(taker, 0) + part
    return kept


def _account_of(role: str, terms: Terms) -> str:
    account = next(share.account for share in terms.shares if share.role == role)
    return account or terms.remainder
