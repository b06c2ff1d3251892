"""The terms of a credit: rate and waterfall as of the order's lock, with the accounts filled in."""

from attribution.domain.commissions.state import OrderTerms, Origin, Share, Terms
from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.decide import Credit, Derived
from attribution.domain.records.events import Click
from attribution.domain.records.outputs import Note
from attribution.domain.records.reference import Campaign
from attribution.domain.references.version import ReferenceVersion


def order_terms(derived: Derived) -> OrderTerms:
    """Return the terms of an order from its derived decision."""
    context = derived.context
    return OrderTerms(
        credits=[terms_of(context, credit) for credit in derived.credits],
        origin=origin_of(context, derived.credits),
        least_payable=context.policy.least_payable,
        settle_after_ms=context.policy.settle_after_ms,
    )


def terms_of(context: OrderContext, credit: Credit) -> Terms:
    """Return the terms of a credit; the rate is 0 if there is no campaign, or it pays nothing any more."""
    campaign = credit.touch.snapshot.campaign
    if campaign is None:
        return Terms(credit.weight_ppm, 0, [], "platform", "NO_CAMPAIGN")
    # Not implemented yet: the campaign's budget and order_cap, which are counted in one place.
    note: Note | None = "CAP_REACHED" if campaign.record.exhausted else None
    rate_ppm = 0 if note else _rate_ppm(context, credit, campaign)
    accounts = _accounts(context, credit)
    shares = [Share(s.role, s.of, s.share_ppm, accounts[s.role]) for s in campaign.record.splits]
    remainder = accounts[campaign.record.remainder_to] or "platform"
    least = campaign.record.min_order_amount
    return Terms(credit.weight_ppm, rate_ppm, shares, remainder, note, least)


def origin_of(context: OrderContext, credits_: list[Credit]) -> Origin:
    """Return pid, channel and external_info of the latest credited touch; else the order's pid."""
    if not credits_:
        return Origin(context.paid.pid, None, None)
    touch = credits_[-1].touch
    link = touch.snapshot.link
    pid = link.record.pid if link else None
    event = touch.interaction.event
    if not isinstance(event, Click):
        return Origin(pid or context.paid.pid, None, None)
    return Origin(pid or context.paid.pid, event.channel, event.external_info)


def _rate_ppm(context: OrderContext, credit: Credit, campaign: ReferenceVersion[Campaign]) -> int:
    rate_ppm = campaign.record.rate_ppm
    if not campaign.record.rate_protection:
        return rate_ppm
    at_touch = context.catalogue.campaign(
        campaign.record.campaign_id, credit.touch.interaction.occurred_at, context.lock
    )
    return max(rate_ppm, at_touch.record.rate_ppm) if at_touch else rate_ppm


def _accounts(context: OrderContext, credit: Credit) -> dict[str, str | None]:
    """Return the account of each role, None if the role is unfilled."""
    link, promoter = credit.touch.snapshot.link, credit.touch.snapshot.promoter
    assert link is not None, "a credited touch has a link"  # noqa: S101
    creator_id = context.creator_of(context.paid.room_id or link.record.room_id)
    agency_id = promoter.record.agency_id if promoter else None
    leader_id = promoter.record.leader_id if promoter else None
    return {
        "promoter": f"promoter:{link.record.promoter_id}",
        "agency": _account("agency", agency_id),
        "leader": _account("leader", leader_id),
        "creator": _account("creator", creator_id),
        "platform": "platform",
        "merchant": f"merchant:{context.paid.merchant_id}",
    }


def _account(role: str, identity: str | None) -> str | None:
    return None if identity is None else f"{role}:{identity}"
