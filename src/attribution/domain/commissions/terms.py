"""The terms of a credit: rate and waterfall as of the order's lock, with the accounts filled in."""

from attribution.domain.decisions.context import Case
from attribution.domain.decisions.decide import Credit
from attribution.domain.orders.published import Origin, Share, Terms
from attribution.domain.records.events import Click
from attribution.domain.records.outputs import Note
from attribution.domain.records.reference import Campaign
from attribution.domain.references.catalogue import Known


def terms_of(case: Case, credit: Credit) -> Terms:
    """Return what a credit is paid by; a rate of 0 where its campaign pays nothing for this order."""
    campaign = credit.touch.bearing.campaign
    if campaign is None:
        return Terms(credit.weight_ppm, 0, [], "platform", "NO_CAMPAIGN")
    note = _why_unpaid(campaign.record, case)
    rate_ppm = 0 if note else _rate_ppm(case, credit, campaign)
    accounts = _accounts(case, credit)
    shares = [Share(s.role, s.of, s.share_ppm, accounts[s.role]) for s in campaign.record.splits]
    remainder = accounts[campaign.record.remainder_to] or "platform"
    return Terms(credit.weight_ppm, rate_ppm, shares, remainder, note)


def origin_of(case: Case, credits_: list[Credit]) -> Origin:
    """Return pid, channel and external_info: the latest credited touch's and its link's, else the order's pid."""
    if not credits_:
        return Origin(case.paid.pid, None, None)
    touch = credits_[-1].touch
    link = touch.bearing.link
    pid = link.record.pid if link else None
    event = touch.moment.event
    if not isinstance(event, Click):
        return Origin(pid or case.paid.pid, None, None)
    return Origin(pid or case.paid.pid, event.channel, event.external_info)


def _why_unpaid(campaign: Campaign, case: Case) -> Note | None:
    if campaign.min_order_amount is not None and case.paid.paid_amount < campaign.min_order_amount:
        return "BELOW_MIN_ORDER"
    # The campaign's budget and order_cap, counted in one place, take their place beside the flag.
    return "CAP_REACHED" if campaign.exhausted else None


def _rate_ppm(case: Case, credit: Credit, campaign: Known[Campaign]) -> int:
    rate_ppm = campaign.record.rate_ppm
    if not campaign.record.rate_protection:
        return rate_ppm
    at_touch = case.catalogue.campaign(
        campaign.record.campaign_id, credit.touch.moment.occurred_at, case.lock
    )
    return max(rate_ppm, at_touch.record.rate_ppm) if at_touch else rate_ppm


def _accounts(case: Case, credit: Credit) -> dict[str, str | None]:
    """Return the account that fills each role, None where nobody does."""
    link, promoter = credit.touch.bearing.link, credit.touch.bearing.promoter
    assert link is not None, "a credited touch has a link"  # noqa: S101
    creator_id = case.creator_of(case.paid.room_id or link.record.room_id)
    agency_id = promoter.record.agency_id if promoter else None
    leader_id = promoter.record.leader_id if promoter else None
    return {
        "promoter": f"promoter:{link.record.promoter_id}",
        "agency": _account("agency", agency_id),
        "leader": _account("leader", leader_id),
        "creator": _account("creator", creator_id),
        "platform": "platform",
        "merchant": f"merchant:{case.paid.merchant_id}",
    }


def _account(role: str, identity: str | None) -> str | None:
    return None if identity is None else f"{role}:{identity}"
