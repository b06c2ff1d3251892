"""The policy that is in force if none was published.

``commands/reference/default_policy.yaml`` is the same policy with comments. A test compares the two.
"""

from typing import Final

from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.reference import LinkPolicy, Policy

DEFAULT_POLICY: Final = Policy(
    effective_from=1_262_304_000_000,  # 2010-01-01T00:00:00Z
    policy_id="default",
    model="last_touch",
    default_window_ms=DAY_MS,
    max_window_ms=30 * DAY_MS,
    min_click_to_order_ms=500,
    late_lock_ms=600_000,
    max_order_delay_ms=7 * DAY_MS,
    invitation_only=True,
    min_payable=1,
    settle_after_ms=7 * DAY_MS,
    link_policies=[
        LinkPolicy(
            code="EXTERNAL_PLATFORM_IN_LIVE",
            from_=1_602_172_800_000,  # 2020-10-09T00:00:00+08:00
            surfaces=["live"],
            target_platforms=["taobao", "jd", "other"],
        ),
        LinkPolicy(
            code="FOLLOWERS_BELOW_MINIMUM",
            until=1_582_992_000_000,  # 2020-03-01T00:00:00+08:00
            target_platforms=["xiaodian"],
            min_followers=300_000,
        ),
    ],
)
