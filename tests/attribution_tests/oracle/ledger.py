"""The ledger of an order: net, total, waterfall, bucket (contract, section 4)."""

from collections import Counter

from attribution.domain.records.events import (
    OrderChargeback,
    OrderClosed,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
)
from attribution.domain.records.reference import Campaign

from .decision import Credit
from .evidence import Evidence, rank
from .reading import Fact
from .touches import Touch


def refunded(changes: list[Fact]) -> int:
    """Sum refunds and chargebacks, one per refund_id: the first by record timestamp, time and id."""
    first: dict[str, int] = {}
    for fact in sorted(changes, key=rank):
        if isinstance(fact.event, OrderRefunded | OrderChargeback):
            first.setdefault(fact.event.refund_id, fact.event.refund_amount)
    return sum(first.values())


def net(evidence: Evidence, changes: list[Fact]) -> int:
    paid = evidence.paid
    whole = paid.paid_amount if paid.commissionable_amount is None else paid.commissionable_amount
    if any(isinstance(fact.event, OrderClosed) for fact in changes):
        return 0
    if paid.paid_amount == 0:
        return whole
    return whole * max(0, paid.paid_amount - refunded(changes)) // paid.paid_amount


def rate(evidence: Evidence, touch: Touch, campaign: Campaign) -> int:
    if campaign.exhausted or (campaign.min_order_amount or 0) > evidence.paid.paid_amount:
        return 0
    before = evidence.references.campaign(campaign.campaign_id, touch.occurred_at)
    if campaign.rate_protection and before is not None:
        return max(campaign.rate_ppm, before.rate_ppm)
    return campaign.rate_ppm


def roles(evidence: Evidence, touch: Touch) -> dict[str, str]:
    """Return the account of each filled role."""
    link, promoter, ordered_in = evidence.link(touch), evidence.promoter(touch), evidence.paid.room_id
    assert link is not None
    holders = {
        "promoter": link.promoter_id,
        "agency": None if promoter is None else promoter.agency_id,
        "leader": None if promoter is None else promoter.leader_id,
        "creator": evidence.creator_of(link.room_id if ordered_in is None else ordered_in),
    }
    named = {role: f"{role}:{holder}" for role, holder in holders.items() if holder is not None}
    return {**named, "platform": "platform", "merchant": f"merchant:{evidence.paid.merchant_id}"}


def waterfall(total: int, campaign: Campaign) -> Counter[str]:
    """Return what each role keeps; under `total`, what no role received."""
    gross, kept = Counter({"total": total}), Counter({"total": total})
    for split in campaign.splits:
        share = gross[split.of] * split.share_ppm // 1_000_000
        gross[split.role] += share
        kept[split.role] += share
        kept[split.of] -= share
    return kept


def shares(net_amount: int, products: list[int]) -> list[int]:
    """Split T = floor(net x sum(rate x weight) / 10^12) among the credits; the rest goes to the latest with a rate."""
    amounts = [net_amount * product // 10**12 for product in products]
    paying = [number for number, product in enumerate(products) if product]
    if paying:
        amounts[paying[-1]] += net_amount * sum(products) // 10**12 - sum(amounts)
    return amounts


def product(evidence: Evidence, credit: Credit) -> int:
    campaign = evidence.campaign(credit.touch)
    return 0 if campaign is None else rate(evidence, credit.touch, campaign) * credit.weight_ppm


def lines(evidence: Evidence, credits_: list[Credit], changes: list[Fact]) -> Counter[str]:
    amounts = shares(net(evidence, changes), [product(evidence, credit) for credit in credits_])
    if sum(amounts) < evidence.policy.least_payable:
        return Counter()
    sums = Counter({f"merchant:{evidence.paid.merchant_id}": -sum(amounts)})
    for credit, amount in zip(credits_, amounts, strict=True):
        for account, part in credit_lines(evidence, credit.touch, amount).items():
            sums[account] += part
    return sums


def credit_lines(evidence: Evidence, touch: Touch, amount: int) -> Counter[str]:
    """Return what each account keeps of one credit's amount, by the splits of its own campaign."""
    campaign, accounts = evidence.campaign(touch), roles(evidence, touch)
    if campaign is None:
        return Counter()
    remainder = accounts.get(campaign.remainder_to, "platform")
    sums: Counter[str] = Counter()
    for role, part in waterfall(amount, campaign).items():
        sums[accounts.get(role, remainder)] += part
    return sums


def bucket(evidence: Evidence, changes: list[Fact], now: int) -> str:
    received = [fact.event.occurred_at for fact in changes if isinstance(fact.event, OrderReceived)]
    wait = evidence.policy.settle_after_ms
    if any(isinstance(fact.event, OrderSettled) for fact in changes):
        return "settled"
    if received and wait is not None and min(received) + wait <= now:
        return "settled"
    return "confirmed" if received else "pending"
