"""Reference records (contract, section 2): each is in force from ``effective_from`` to the next version."""

from typing import Literal, TypeAlias

import msgspec

from attribution.domain.records.currencies import Currency
from attribution.domain.records.fields import (
    DAY_MS,
    Account,
    Amount,
    Carrier,
    Count,
    Duration,
    Id,
    Label,
    Ppm,
    Surface,
    TargetPlatform,
    Time,
)


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The field that every reference record has."""

    effective_from: Time


class Link(Version, frozen=True, kw_only=True):
    """A promoter's link and what it leads to."""

    link_id: Id
    promoter_id: Id
    target: Literal["room", "product", "merchant", "any"]
    valid_from: Time
    valid_to: Time | None = None
    campaign_id: Id | None = None
    room_id: Id | None = None
    product_id: Id | None = None
    merchant_id: Id | None = None
    pid: Id | None = None
    coupon_code: Label | None = None


class Promoter(Version, frozen=True, kw_only=True):
    """A party that posts links; not invited without ``enrolled_from``."""

    promoter_id: Id
    kind: Literal["individual", "site", "creator", "service_provider"]
    enrolled_from: Time | None = None
    enrolled_to: Time | None = None
    tier: Label | None = None
    followers: Count | None = None
    agency_id: Id | None = None
    leader_id: Id | None = None
    own_buyer_ids: list[Id] | None = None


class Room(Version, frozen=True, kw_only=True):
    """One live session of a creator."""

    room_id: Id
    creator_id: Id
    started_at: Time
    ended_at: Time | None = None
    campaign_id: Id | None = None
    product_ids: list[Id] | None = None


Role: TypeAlias = Literal["promoter", "agency", "leader", "creator", "platform"]


class Split(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step of the waterfall: ``role`` receives ``share_ppm`` of what ``of`` received gross."""

    role: Role
    of: Literal["total", "promoter", "agency", "leader", "creator", "platform"]
    share_ppm: Ppm


class Budget(msgspec.Struct, frozen=True):
    """The most that a campaign spends."""

    amount: Amount
    currency: Currency


class Subsidy(msgspec.Struct, frozen=True):
    """The platform's subsidy in a super_value campaign."""

    rate_ppm: Ppm
    cap_per_order: Amount
    beneficiary: Account


class Commitment(msgspec.Struct, frozen=True):
    """A target that a party of a magpie_bridge campaign must meet."""

    party: Account
    metric: Literal["gmv", "orders", "dispatched", "accepted", "investment", "task", "growth_task"]
    target: Count


class Bonus(msgspec.Struct, frozen=True):
    """The bonus that is paid when every commitment of a campaign is met."""

    amount: Amount
    currency: Currency
    payer: Account
    beneficiary: Account


class Campaign(Version, frozen=True, kw_only=True):
    """The terms of a programme: rate, window and splits."""

    campaign_id: Id
    kind: Literal["standard", "star_trends", "magpie_bridge", "xingque", "super_value"]
    rate_ppm: Ppm
    window_ms: Duration
    splits: list[Split]
    remainder_to: Literal["promoter", "agency", "leader", "creator", "platform", "merchant"]
    cross_room: Literal["same_room", "same_creator", "any"] | None = None
    rate_protection: bool | None = None
    budget: Budget | None = None
    order_cap: Count | None = None
    min_order_amount: Amount | None = None
    exhausted: bool | None = None
    seed_share_ppm: Ppm | None = None
    tier_bonus_ppm: dict[Label, Ppm] | None = None
    subsidy: Subsidy | None = None
    commitments: list[Commitment] | None = None
    deadline: Time | None = None
    bonus: Bonus | None = None


class ClickFlood(msgspec.Struct, frozen=True):
    """The limit of a click flood: more than ``count`` clicks within ``per_ms``."""

    count: Count
    per_ms: Duration


class LinkPolicy(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """A rule that rejects touches on matching links, with its own verdict code."""

    code: Id
    from_: Time | None = None
    until: Time | None = None
    surfaces: list[Surface] | None = None
    target_platforms: list[TargetPlatform] | None = None
    min_followers: Count | None = None


class CarrierTermination(msgspec.Struct, frozen=True):
    """A carrier whose shipments no longer count from ``terminated_from`` on."""

    carrier_code: Id
    terminated_from: Time


class FalseShipping(msgspec.Struct, frozen=True, rename={"minimum": "min", "maximum": "max"}):
    """The penalty for false shipping."""

    rate_ppm: Ppm
    minimum: Amount
    maximum: Amount


class Incentive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """A typed payment outside the commission."""

    type: Id
    payer: Account
    beneficiary: Account
    rate_ppm: Ppm | None = None
    amount: Amount | None = None
    cap: Amount | None = None
    carriers: list[Carrier] | None = None
    categories: list[Label] | None = None
    tags: list[Label] | None = None
    metric: Literal["dispatched", "accepted", "investment", "task", "growth_task"] | None = None
    from_: Time | None = None
    until: Time | None = None


Model: TypeAlias = Literal["last_touch", "first_touch", "linear", "position_based", "time_decay"]


class Policy(Version, frozen=True, kw_only=True):
    """The platform's rules: model, windows, link policies, penalties and incentives."""

    policy_id: Id
    model: Model
    default_window_ms: Duration
    min_click_to_order_ms: Duration
    late_lock_ms: Duration
    max_window_ms: Duration | None = None
    max_order_delay_ms: Duration | None = None
    invitation_only: bool | None = None
    min_payable: Amount | None = None
    half_life_ms: Duration | None = None
    click_flood: ClickFlood | None = None
    settle_after_ms: Duration | None = None
    link_policies: list[LinkPolicy] | None = None
    carrier_terminations: list[CarrierTermination] | None = None
    false_shipping: FalseShipping | None = None
    incentives: list[Incentive] | None = None

    @property
    def longest_window_ms(self) -> int:
        """``max_window_ms``, 30 days by default."""
        return 30 * DAY_MS if self.max_window_ms is None else self.max_window_ms

    @property
    def longest_order_delay_ms(self) -> int:
        """``max_order_delay_ms``, 7 days by default."""
        return 7 * DAY_MS if self.max_order_delay_ms is None else self.max_order_delay_ms

    @property
    def least_payable(self) -> int:
        """``min_payable``, 1 minor unit by default."""
        return 1 if self.min_payable is None else self.min_payable

    @property
    def by_invitation(self) -> bool:
        """``invitation_only``, true by default."""
        return self.invitation_only is not False


Reference: TypeAlias = Link | Promoter | Room | Campaign | Policy
