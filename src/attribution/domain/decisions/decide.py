"""The decision of an order: the touches in range, the verdict on each, and the credits."""

from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.models import weights
from attribution.domain.decisions.shortlist import MAX_LISTED, longest_window_ms, shortlist
from attribution.domain.decisions.verdicts import CREDITED, OUTRANKED
from attribution.domain.records import outputs
from attribution.domain.records.outputs import CreditRecord, DecisionBody, VerdictCode
from attribution.domain.references.catalogue import POLICY_ID
from attribution.domain.references.dependencies import ANY_LINK, fingerprint, pack
from attribution.domain.touches.interaction import ENTRY

_ENCODE: Final = msgspec.json.Encoder().encode
_POLICY: Final = fingerprint(f"policies/{POLICY_ID}")
MAX_TOUCHES: Final = 2000
"""Of a buyer with more touches in range, only this many are considered: the latest."""


class Credit(NamedTuple):
    """A credited touch and its weight."""

    touch: Candidate
    weight_ppm: int


class Derived(NamedTuple):
    """A derived decision: its body, its credits, and the fingerprints of what it read."""

    context: OrderContext
    body: DecisionBody
    credits: list[Credit]
    digest: bytes
    dependencies: bytes


def decide(context: OrderContext) -> Derived:
    """Derive the decision of an order from its context alone."""
    in_range = context.history.touches(context.range_from, context.placed_at, context.lock)
    interactions = in_range[-MAX_TOUCHES:]
    candidates = shortlist(context, interactions)
    eligible = [touch for touch in candidates if touch.rejection is None]
    shares = weights(eligible, context.policy)
    credits_ = [Credit(touch, weight) for touch, weight in zip(eligible, shares, strict=True) if weight]
    body = DecisionBody(
        order_id=context.paid.order_id,
        status="attributed" if credits_ else "organic",
        placed_at=context.placed_at,
        model=context.policy.model,
        window_from=context.placed_at - longest_window_ms(context, candidates, interactions),
        credits=[_credit_record(credit) for credit in credits_],
        candidates=_listed(candidates, shares),
        candidates_total=len(in_range),
    )
    dependencies = _dependencies(context, candidates, has_all=len(candidates) == len(in_range))
    return Derived(context, body, credits_, _digest(body), dependencies)


def _listed(candidates: list[Candidate], shares: list[int]) -> list[outputs.Candidate]:
    """Return all credited touches and the latest others, in the order of touches."""
    share = reversed(shares)
    room_left = MAX_LISTED
    listed: list[outputs.Candidate] = []
    for touch in reversed(candidates):
        verdict = touch.rejection or (CREDITED if next(share) else OUTRANKED)
        if verdict != CREDITED:
            if not room_left:
                continue
            room_left -= 1
        listed.append(_candidate_record(touch, verdict))
    listed.reverse()
    return listed


def _candidate_record(touch: Candidate, verdict: VerdictCode) -> outputs.Candidate:
    interaction, snapshot = touch.interaction, touch.snapshot
    return outputs.Candidate(
        interaction.event_id,
        "room_entry" if interaction.kind == ENTRY else "click",
        interaction.occurred_at,
        interaction.link_id,
        verdict,
        snapshot.window_ms,
        snapshot.versions,
    )


def _credit_record(credit: Credit) -> CreditRecord:
    link = credit.touch.snapshot.link
    assert link is not None, "a credited touch has a link"  # noqa: S101
    return CreditRecord(
        link_id=link.record.link_id,
        promoter_id=link.record.promoter_id,
        campaign_id=link.record.campaign_id,
        touch_id=credit.touch.interaction.event_id,
        weight_ppm=credit.weight_ppm,
    )


def _dependencies(context: OrderContext, candidates: list[Candidate], *, has_all: bool) -> bytes:
    """Return the fingerprints of the reference records that may change this decision or what it pays."""
    dependencies = {_POLICY}
    for touch in candidates:
        dependencies.update(touch.snapshot.dependencies)
    if context.paid.room_id is not None:
        dependencies.add(fingerprint(f"rooms/{context.paid.room_id}"))
    if not has_all:
        dependencies.add(ANY_LINK)
    return pack(dependencies)


def _digest(body: DecisionBody) -> bytes:
    return blake2b(_ENCODE(body), digest_size=16).digest()
