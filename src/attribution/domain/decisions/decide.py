"""A decision, derived: which touches an order had, what speaks for and against each, who gets the credit."""

from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from attribution.domain.decisions.context import Case, Considered
from attribution.domain.decisions.models import SINGLE_TOUCH, weights
from attribution.domain.decisions.rules import consider
from attribution.domain.records.outputs import Candidate, CreditRecord, DecisionBody
from attribution.domain.references.catalogue import POLICY_ID
from attribution.domain.references.dependencies import ANY_LINK, fingerprint, pack
from attribution.domain.touches.interaction import ENTRY, Moment

_ENCODE: Final = msgspec.json.Encoder().encode
_POLICY: Final = fingerprint(f"policies/{POLICY_ID}")
MAX_TOUCHES: Final = 2000
"""Of a buyer with more touches in range, the latest so many are considered."""
MAX_LISTED: Final = 200
"""So many candidates are listed beside the credited ones."""


class Credit(NamedTuple):
    """A touch that is credited, and its weight."""

    touch: Considered
    weight_ppm: int


class Derived(NamedTuple):
    """A decision as derived: what it says, the credits behind it, and the fingerprints of what it read."""

    case: Case
    body: DecisionBody
    credits: list[Credit]
    digest: bytes
    watched: bytes


def decide(case: Case) -> Derived:
    """Derive the decision of an order from its case."""
    in_range = case.buyer.touches(case.considers_from, case.placed_at, case.lock)
    moments = in_range[-MAX_TOUCHES:]
    judged = _judge(case, moments)
    passed = [touch for touch in judged if touch.against is None]
    shares = weights(passed, case.policy)
    credits_ = [Credit(touch, weight) for touch, weight in zip(passed, shares, strict=True) if weight]
    body = DecisionBody(
        order_id=case.paid.order_id,
        status="attributed" if credits_ else "organic",
        placed_at=case.placed_at,
        model=case.policy.model,
        window_from=case.placed_at - _longest_window_ms(case, judged, moments),
        credits=[_credit_record(credit) for credit in credits_],
        candidates=_listed(judged, shares),
        candidates_total=len(in_range),
    )
    watched = _watched(case, judged, all_judged=len(judged) == len(in_range))
    return Derived(case, body, credits_, _digest(body), watched)


def _judge(case: Case, moments: list[Moment]) -> list[Considered]:
    """Judge the touches that the decision will list or credit, in order; all of them, unless the model needs one.

    What gives everything to one touch needs no more than the latest that are listed, and those on the way to it.
    """
    tail = max(0, len(moments) - MAX_LISTED - 1) if case.policy.model in SINGLE_TOUCH else 0
    judged = [consider(case, moment) for moment in moments[tail:]]
    if case.policy.model == "first_touch":
        return [*_until_passed(case, moments[:tail]), *judged]
    if all(touch.against is not None for touch in judged):
        return [*reversed(_until_passed(case, moments[:tail][::-1])), *judged]
    return judged


def _until_passed(case: Case, moments: list[Moment]) -> list[Considered]:
    judged = []
    for moment in moments:
        judged.append(consider(case, moment))
        if judged[-1].against is None:
            break
    return judged


def _longest_window_ms(case: Case, judged: list[Considered], moments: list[Moment]) -> int:
    """Return the greatest window of all candidates; only those are looked at whose link may have a greater one."""
    longest = max([touch.bearing.window_ms for touch in judged], default=case.window_ms(None))
    if len(judged) == len(moments) or longest >= case.greatest_window_ms():
        return longest
    for link_id in {moment.link_id for moment in moments}:
        if case.window_bound_ms(link_id) > longest:
            of_link = (moment for moment in moments if moment.link_id == link_id)
            longest = max(longest, *(case.bearing(moment).window_ms for moment in of_link))
    return longest


def _listed(judged: list[Considered], shares: list[int]) -> list[Candidate]:
    """List every credited touch and the latest others, in the order of touches."""
    share = reversed(shares)
    room_left = MAX_LISTED
    listed: list[Candidate] = []
    for touch in reversed(judged):
        verdict = touch.against or ("CREDITED" if next(share) else "OUTRANKED")
        if verdict != "CREDITED":
            if not room_left:
                continue
            room_left -= 1
        listed.append(_candidate(touch, verdict))
    listed.reverse()
    return listed


def _candidate(touch: Considered, verdict: str) -> Candidate:
    moment, bearing = touch.moment, touch.bearing
    return Candidate(
        moment.event_id,
        "room_entry" if moment.kind == ENTRY else "click",
        moment.occurred_at,
        moment.link_id,
        verdict,
        bearing.window_ms,
        bearing.versions,
    )


def _credit_record(credit: Credit) -> CreditRecord:
    link = credit.touch.bearing.link
    assert link is not None, "a credited touch has a link"  # noqa: S101
    return CreditRecord(
        link_id=link.record.link_id,
        promoter_id=link.record.promoter_id,
        campaign_id=link.record.campaign_id,
        touch_id=credit.touch.moment.event_id,
        weight_ppm=credit.weight_ppm,
    )


def _watched(case: Case, judged: list[Considered], *, all_judged: bool) -> bytes:
    """Return the fingerprints of the reference records whose versions may change this decision or what it pays."""
    watched = {_POLICY}
    for touch in judged:
        watched.update(touch.bearing.watched)
    if case.paid.room_id is not None:
        watched.add(fingerprint(f"rooms/{case.paid.room_id}"))
    if not all_judged:
        watched.add(ANY_LINK)
    return pack(watched)


def _digest(body: DecisionBody) -> bytes:
    return blake2b(_ENCODE(body), digest_size=16).digest()
