"""The campaigns and the policy of a run."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from attribution.commands.simulate.market.reference_version import TimedVersion, as_of_effective
from attribution.commands.simulate.scenario import HOUR_MS, Scenario
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import (
    Bonus,
    Budget,
    Campaign,
    CarrierTermination,
    ClickFlood,
    Commitment,
    FalseShipping,
    Incentive,
    LinkPolicy,
    Policy,
    Split,
    Subsidy,
)

CAMPAIGN_IDS: Final = ("k-day", "k-week", "k-capped", "k-star", "k-magpie", "k-xingque", "k-super")
MAGPIE: Final = "k-magpie"
MAGPIE_PARTIES: Final = ("promoter:pr010", "merchant:m03")
CARRIERS: Final = ("sf", "zto", "yto", "jd", "fastgo")
TERMINATED_CARRIER: Final = "fastgo"
SETTLE_AFTER_MS: Final = DAY_MS
_WEEK_MS: Final = 7 * DAY_MS

_TWO_PARTIES: Final = [Split("promoter", "total", 700_000), Split("platform", "total", 300_000)]
_FIVE_PARTIES: Final = [
    Split("promoter", "total", 600_000),
    Split("agency", "promoter", 400_000),
    Split("leader", "agency", 250_000),
    Split("creator", "total", 300_000),
    Split("platform", "total", 100_000),
]
_THREE_PARTIES: Final = [
    Split("promoter", "total", 800_000),
    Split("agency", "promoter", 300_000),
    Split("platform", "total", 150_000),
]


def timed_versions(scenario: Scenario) -> Iterator[TimedVersion]:
    """Yield every version of every campaign and of the policy."""
    for campaign in (*_plain(scenario), *_special(scenario)):
        yield as_of_effective("campaigns", campaign)
        if campaign.campaign_id in {"k-day", "k-star"}:
            raised = replace(campaign, effective_from=scenario.at(1, 2), rate_ppm=campaign.rate_ppm + 30_000)
            yield TimedVersion("campaigns", raised, raised.effective_from - HOUR_MS)
    policy = _policy(scenario)
    yield as_of_effective("policies", policy)
    settling = replace(policy, effective_from=scenario.at(1, 4), settle_after_ms=SETTLE_AFTER_MS)
    yield as_of_effective("policies", settling)


def _plain(scenario: Scenario) -> tuple[Campaign, ...]:
    day = Campaign(
        effective_from=scenario.start_ms - 30 * DAY_MS,
        campaign_id="k-day",
        kind="standard",
        rate_ppm=100_000,
        window_ms=DAY_MS,
        splits=_FIVE_PARTIES,
        remainder_to="platform",
    )
    week = replace(
        day,
        campaign_id="k-week",
        window_ms=_WEEK_MS,
        splits=_TWO_PARTIES,
        remainder_to="merchant",
        cross_room="any",
    )
    capped = replace(
        day,
        campaign_id="k-capped",
        rate_ppm=200_000,
        splits=_THREE_PARTIES,
        budget=Budget(2_000_000, "CNY"),
        order_cap=500,
        min_order_amount=2_000,
        cross_room="same_creator",
    )
    return day, week, capped


def _special(scenario: Scenario) -> tuple[Campaign, ...]:
    star = Campaign(
        effective_from=scenario.start_ms - 30 * DAY_MS,
        campaign_id="k-star",
        kind="star_trends",
        rate_ppm=120_000,
        window_ms=DAY_MS,
        splits=_THREE_PARTIES,
        remainder_to="platform",
        rate_protection=True,
        tier_bonus_ppm={"A": 10_000, "B": 5_000, "S": 20_000},
    )
    plain = replace(star, kind="standard", tier_bonus_ppm=None, rate_protection=None)
    magpie = replace(
        plain,
        campaign_id=MAGPIE,
        kind="magpie_bridge",
        commitments=[
            Commitment(MAGPIE_PARTIES[0], "task", 20),
            Commitment(MAGPIE_PARTIES[0], "orders", 3),
            Commitment(MAGPIE_PARTIES[1], "investment", 50_000),
        ],
        deadline=scenario.at(3, 4),
        bonus=Bonus(500_000, "CNY", "platform", MAGPIE_PARTIES[0]),
    )
    xingque = replace(
        plain, campaign_id="k-xingque", kind="xingque", seed_share_ppm=300_000, cross_room="any"
    )
    value = replace(
        plain, campaign_id="k-super", kind="super_value", subsidy=Subsidy(50_000, 1_000, "merchant")
    )
    return star, magpie, xingque, value


def _policy(scenario: Scenario) -> Policy:
    return Policy(
        effective_from=scenario.start_ms - 30 * DAY_MS,
        policy_id="default",
        model="last_touch",
        default_window_ms=DAY_MS,
        min_click_to_order_ms=500,
        late_lock_ms=600_000,
        invitation_only=True,
        click_flood=ClickFlood(count=20, per_ms=60_000),
        link_policies=[
            LinkPolicy(
                "EXTERNAL_LIVE_REFUSED",
                from_=1_602_172_800_000,
                surfaces=["live"],
                target_platforms=["taobao", "jd", "other"],
            )
        ],
        carrier_terminations=[CarrierTermination(TERMINATED_CARRIER, scenario.at(1, 2))],
        false_shipping=FalseShipping(300_000, 1_000, 10_000),
        incentives=[
            Incentive(
                type="freight_insurance",
                payer="platform:subsidy",
                beneficiary="buyer",
                amount=50,
                tags=["returns"],
            ),
            Incentive(
                type="new_merchant_task",
                payer="platform:subsidy",
                beneficiary="merchant",
                amount=1_000,
                metric="growth_task",
            ),
        ],
    )
