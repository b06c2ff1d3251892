"""Which reference version a rule reads, and that the decision names it (contract, section 3)."""

from typing import Any, Final

import pytest

from attribution.domain.decisions.decide import decide
from attribution_tests.domain.little_world import (
    EVER,
    HOUR,
    PLACED,
    TOUCH,
    campaign,
    click,
    context,
    policy,
    promoter,
    verdicts,
)

CREDITED: Final = "CREDITED"


@pytest.mark.parametrize(
    ("changed_at", "version", "verdict"),
    [
        (TOUCH, {"own_buyer_ids": ["B"]}, "SELF_REFERRAL"),
        (TOUCH + 1, {"own_buyer_ids": ["B"]}, CREDITED),
    ],
)
def test_promoters_are_looked_up_at_the_touch(changed_at: int, version: dict[str, Any], verdict: str) -> None:
    changed = [promoter(), promoter(effective_from=changed_at, **version)]
    assert verdicts(context(click(), changed=changed)) == {"c": verdict}


@pytest.mark.parametrize(("changed_at", "verdict"), [(PLACED, "OUT_OF_WINDOW"), (PLACED + 1, CREDITED)])
def test_campaigns_are_looked_up_when_the_order_was_placed(changed_at: int, verdict: str) -> None:
    changed = [campaign(), campaign(effective_from=changed_at, window_ms=HOUR - 1)]
    assert verdicts(context(click(), changed=changed)) == {"c": verdict}


@pytest.mark.parametrize(("changed_at", "verdict"), [(PLACED, "CLICK_TOO_FAST"), (PLACED + 1, CREDITED)])
def test_policies_are_looked_up_when_the_order_was_placed(changed_at: int, verdict: str) -> None:
    changed = [policy(effective_from=changed_at, min_click_to_order_ms=HOUR + 1)]
    assert verdicts(context(click(), changed=changed)) == {"c": verdict}


def test_a_decision_names_the_versions_that_each_verdict_read() -> None:
    (candidate,) = decide(context(click())).body.candidates
    assert candidate.versions == tuple(
        f"{name}@{EVER}" for name in ("links/L", "promoters/P", "campaigns/C", "policies/default")
    )
