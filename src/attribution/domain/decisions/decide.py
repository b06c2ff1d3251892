"""A decision, derived: which touches an order had, what speaks for and against each, who gets the credit."""

from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from attribution.domain.decisions.case import Case, Considered
from attribution.domain.decisions.models import weights
from attribution.domain.decisions.rules import verdict_against
from attribution.domain.records.outputs import Candidate, CreditRecord, DecisionBody
from attribution.domain.touches.moments import ENTRY, Moment

_ENCODE: Final = msgspec.json.Encoder().encode
MAX_TOUCHES: Final = 2000
"""Of a buyer with more touches in range, the latest so many are considered."""
MAX_LISTED: Final = 200
"""So many candidates are listed beside the credited ones."""


class Credit(NamedTuple):
    """A touch that is credited, and its weight."""

    touch: Considered
    weight_ppm: int


class Derived(NamedTuple):
    """A decision as derived: what it says, the credits behind it, and what it depended on."""

    case: Case
    body: DecisionBody
    credits: list[Credit]
    digest: bytes
    watched: set[str]


def decide(case: Case) -> Derived:
    """Derive the decision of an order from its case."""
    in_range = _touches_in_range(case)
    touches = [case.consider(moment) for moment in in_range[-MAX_TOUCHES:]]
    against = [verdict_against(case, touch) for touch in touches]
    passed = [touch for touch, verdict in zip(touches, against, strict=True) if verdict is None]
    shares = weights(passed, case.policy)
    credits_ = [Credit(touch, weight) for touch, weight in zip(passed, shares, strict=True) if weight]
    verdicts = _final_verdicts(against, shares)
    body = _body(case, touches, verdicts, credits_, len(in_range))
    return Derived(case, body, credits_, _digest(body), _watched(case, touches))


def _touches_in_range(case: Case) -> list[Moment]:
    moments = case.buyer.between(case.considers_from, case.paid.placed_at)
    lock = case.lock
    return [m for m in moments if m.touch_at <= lock < m.claimed_at and m.event.link_id is not None]


def _final_verdicts(against: list[str | None], shares: list[int]) -> list[str]:
    share = iter(shares)
    return [verdict or ("CREDITED" if next(share) else "OUTRANKED") for verdict in against]


def _body(
    case: Case, touches: list[Considered], verdicts: list[str], credits_: list[Credit], total: int
) -> DecisionBody:
    paid = case.paid
    bearings = {touch.bearing for touch in touches}
    longest_ms = max((bearing.window_ms for bearing in bearings), default=case.window_ms(None))
    return DecisionBody(
        order_id=paid.order_id,
        status="attributed" if credits_ else "organic",
        placed_at=paid.placed_at,
        model=case.policy.model,
        window_from=paid.placed_at - longest_ms,
        credits=[_credit_record(credit) for credit in credits_],
        candidates=_listed(touches, verdicts),
        candidates_total=total,
    )


def _listed(touches: list[Considered], verdicts: list[str]) -> list[Candidate]:
    """List every credited touch and the latest others, in the order of touches."""
    room_left = MAX_LISTED
    listed: list[Candidate] = []
    for touch, verdict in zip(reversed(touches), reversed(verdicts), strict=True):
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
        moment.event.link_id or "",
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


def _watched(case: Case, touches: list[Considered]) -> set[str]:
    """Name the reference records whose versions may change this decision or what it pays."""
    watched = {f"links/{touch.moment.event.link_id}" for touch in touches}
    links = (bearing.link for bearing in {touch.bearing for touch in touches})
    rooms = {link.record.room_id for link in links if link}
    rooms.add(case.paid.room_id)
    watched.update(f"rooms/{room_id}" for room_id in rooms if room_id is not None)
    watched.add("policies/default")
    return watched


def _digest(body: DecisionBody) -> bytes:
    return blake2b(_ENCODE(body), digest_size=16).digest()
