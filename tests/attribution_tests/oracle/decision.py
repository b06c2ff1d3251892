"""The decision of an order (contract, section 3)."""

from dataclasses import dataclass
from typing import Any, Final

from .evidence import Evidence
from .models import weights
from .touches import Touch, touches_of
from .verdicts import Candidate, refusal

MOST_CANDIDATES: Final = 2_000
MOST_OTHERS: Final = 200


@dataclass(frozen=True)
class Credit:
    """A touch that takes part of an order, and its part in ppm."""

    touch: Touch
    weight_ppm: int


@dataclass(frozen=True)
class Decision:
    """The body of the decision record, and the credits in the order of touches."""

    body: dict[str, Any]
    credits: list[Credit]


def in_range(evidence: Evidence) -> list[Touch]:
    placed_at, longest = evidence.paid.placed_at, evidence.policy.longest_window_ms
    touches = touches_of(evidence.paid.buyer_id, evidence.clicks, evidence.entries)
    return [touch for touch in touches if placed_at - longest <= touch.occurred_at <= placed_at]


def window_from(evidence: Evidence, candidates: list[Candidate]) -> int:
    policy = evidence.policy
    without_any = min(policy.default_window_ms, policy.longest_window_ms)
    return evidence.paid.placed_at - max((one.window_ms for one in candidates), default=without_any)


def credit_record(evidence: Evidence, credit: Credit) -> dict[str, Any]:
    link = evidence.link(credit.touch)
    assert link is not None
    return {
        "link_id": link.link_id,
        "promoter_id": link.promoter_id,
        "campaign_id": link.campaign_id,
        "touch_id": credit.touch.touch_id,
        "weight_ppm": credit.weight_ppm,
    }


def candidate_record(candidate: Candidate, verdict: str) -> dict[str, Any]:
    return {
        "touch_id": candidate.touch.touch_id,
        "class": candidate.touch.touch_class,
        "occurred_at": candidate.touch.occurred_at,
        "link_id": candidate.touch.link_id,
        "verdict": verdict,
        "window_ms": candidate.window_ms,
    }


def listed(candidates: list[Candidate], verdicts: list[str]) -> list[dict[str, Any]]:
    """Return all credited candidates and the latest 200 others, in the order of touches."""
    others = [number for number, verdict in enumerate(verdicts) if verdict != "CREDITED"][-MOST_OTHERS:]
    return [
        candidate_record(candidate, verdict)
        for number, (candidate, verdict) in enumerate(zip(candidates, verdicts, strict=True))
        if verdict == "CREDITED" or number in others
    ]


def shared(evidence: Evidence, eligible: list[Touch]) -> list[Credit]:
    """Return the credits; a touch with a weight of 0 gets none."""
    parts = zip(eligible, weights(eligible, evidence.policy), strict=True)
    return [Credit(touch, weight_ppm) for touch, weight_ppm in parts if weight_ppm]


def decide(evidence: Evidence) -> Decision:
    touches = in_range(evidence)
    candidates = [Candidate(touch, evidence) for touch in touches[-MOST_CANDIDATES:]]
    refusals = [refusal(candidate) for candidate in candidates]
    evaluated = list(zip(candidates, refusals, strict=True))
    credits_ = shared(evidence, [one.touch for one, refused in evaluated if refused is None])
    credited = [credit.touch for credit in credits_]
    verdicts = [
        refused or ("CREDITED" if one.touch in credited else "OUTRANKED") for one, refused in evaluated
    ]
    body = {
        "order_id": evidence.paid.order_id,
        "status": "attributed" if credits_ else "organic",
        "placed_at": evidence.paid.placed_at,
        "model": evidence.policy.model,
        "window_from": window_from(evidence, candidates),
        "credits": [credit_record(evidence, credit) for credit in credits_],
        "candidates": listed(candidates, verdicts),
        "candidates_total": len(touches),
    }
    return Decision(body, credits_)
