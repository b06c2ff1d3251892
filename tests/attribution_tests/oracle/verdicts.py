"""The verdicts on one candidate (contract, section 3), in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from attribution.domain.records.reference import Link

from .evidence import Evidence
from .touches import Touch


@dataclass(frozen=True)
class Candidate:
    """A touch in range of an order, and the evidence."""

    touch: Touch
    evidence: Evidence

    @property
    def link(self) -> Link:
        link = self.evidence.link(self.touch)
        assert link is not None, "UNKNOWN_LINK comes first"
        return link

    @property
    def age_ms(self) -> int:
        return self.evidence.paid.placed_at - self.touch.occurred_at

    @property
    def window_ms(self) -> int:
        policy, campaign = self.evidence.policy, self.evidence.campaign(self.touch)
        window = policy.default_window_ms if campaign is None else campaign.window_ms
        return min(window, policy.longest_window_ms)


def unknown_link(candidate: Candidate) -> bool:
    return candidate.evidence.link(candidate.touch) is None


def link_not_valid(candidate: Candidate) -> bool:
    link, at = candidate.link, candidate.touch.occurred_at
    return at < link.valid_from or (link.valid_to is not None and at > link.valid_to)


def promoter_not_enrolled(candidate: Candidate) -> bool:
    promoter, at = candidate.evidence.promoter(candidate.touch), candidate.touch.occurred_at
    if not candidate.evidence.policy.by_invitation:
        return False
    if promoter is None or promoter.enrolled_from is None or at < promoter.enrolled_from:
        return True
    return promoter.enrolled_to is not None and at > promoter.enrolled_to


def self_referral(candidate: Candidate) -> bool:
    promoter = candidate.evidence.promoter(candidate.touch)
    return promoter is not None and candidate.evidence.paid.buyer_id in (promoter.own_buyer_ids or [])


def click_too_fast(candidate: Candidate) -> bool:
    is_click = candidate.touch.touch_class == "click"
    return is_click and candidate.age_ms < candidate.evidence.policy.min_click_to_order_ms


def out_of_window(candidate: Candidate) -> bool:
    return candidate.age_ms > candidate.window_ms


def scope_mismatch(candidate: Candidate) -> bool:
    link, paid = candidate.link, candidate.evidence.paid
    return link.product_id not in {None, paid.product_id} or link.merchant_id not in {None, paid.merchant_id}


def no_room_entry(candidate: Candidate) -> bool:
    paid, room_id = candidate.evidence.paid, candidate.link.room_id
    return room_id is not None and not any(
        entry.buyer_id == paid.buyer_id
        and entry.room_id == room_id
        and candidate.touch.occurred_at <= entry.occurred_at <= paid.placed_at
        for entry in candidate.evidence.entries
    )


def cross_room(candidate: Candidate) -> bool:
    evidence, ordered_in, promoted = (
        candidate.evidence,
        candidate.evidence.paid.room_id,
        candidate.link.room_id,
    )
    if promoted is None or ordered_in == promoted:
        return False
    campaign = evidence.campaign(candidate.touch)
    mode = None if campaign is None else campaign.cross_room
    creator = evidence.creator_of(promoted)
    same_creator = creator is not None and creator == evidence.creator_of(ordered_in)
    return not (mode == "any" or (mode == "same_creator" and same_creator))


RULES: Final[tuple[tuple[str, Callable[[Candidate], bool]], ...]] = (
    ("UNKNOWN_LINK", unknown_link),
    ("LINK_NOT_VALID", link_not_valid),
    ("PROMOTER_NOT_ENROLLED", promoter_not_enrolled),
    ("SELF_REFERRAL", self_referral),
    ("CLICK_TOO_FAST", click_too_fast),
    ("OUT_OF_WINDOW", out_of_window),
    ("SCOPE_MISMATCH", scope_mismatch),
    ("NO_ROOM_ENTRY", no_room_entry),
    ("CROSS_ROOM", cross_room),
)


def refusal(candidate: Candidate) -> str | None:
    """Return the first verdict that fits, or None for an eligible touch."""
    return next((verdict for verdict, fits in RULES if fits(candidate)), None)
