"""The rules that speak against a touch, in the order of their verdicts (contract, section 3).

One rule, one function, one verdict. A rule returns true when it speaks against the touch; the first that does
names the verdict, so each may rely on those before it (past ``UNKNOWN_LINK`` there is a link).
"""

from collections.abc import Callable
from typing import Final

from attribution.domain.decisions.case import Bearing, Case, Considered
from attribution.domain.records.reference import Link
from attribution.domain.touches.moments import ENTRY, Moment


def unknown_link(_: Case, bearing: Bearing, __: Moment) -> bool:
    """1: no version of the link is in force at the touch."""
    return bearing.link is None


def link_not_valid(_: Case, bearing: Bearing, moment: Moment) -> bool:
    """2: not valid_from <= touch <= valid_to."""
    link, at = _link(bearing), moment.occurred_at
    return at < link.valid_from or (link.valid_to is not None and at > link.valid_to)


def promoter_not_enrolled(case: Case, bearing: Bearing, moment: Moment) -> bool:
    """3: by invitation only, and not enrolled_from <= touch <= enrolled_to."""
    if not case.policy.by_invitation:
        return False
    if bearing.promoter is None:
        return True
    promoter, at = bearing.promoter.record, moment.occurred_at
    if promoter.enrolled_from is None or at < promoter.enrolled_from:
        return True
    return promoter.enrolled_to is not None and at > promoter.enrolled_to


def self_referral(case: Case, bearing: Bearing, _: Moment) -> bool:
    """6: the buyer is one of the promoter's own."""
    own = bearing.promoter.record.own_buyer_ids if bearing.promoter else None
    return own is not None and case.buyer.buyer_id in own


def click_too_fast(case: Case, _: Bearing, moment: Moment) -> bool:
    """7: a click less than min_click_to_order_ms before the order."""
    return (
        case.paid.placed_at - moment.occurred_at < case.policy.min_click_to_order_ms and moment.kind != ENTRY
    )


def out_of_window(case: Case, bearing: Bearing, moment: Moment) -> bool:
    """9: before the window of its campaign."""
    return moment.occurred_at < case.paid.placed_at - bearing.window_ms


def scope_mismatch(case: Case, bearing: Bearing, _: Moment) -> bool:
    """10: the link names a product or merchant that is not the order's."""
    link, paid = _link(bearing), case.paid
    return (link.product_id is not None and link.product_id != paid.product_id) or (
        link.merchant_id is not None and link.merchant_id != paid.merchant_id
    )


def no_room_entry(case: Case, bearing: Bearing, moment: Moment) -> bool:
    """11: the link names a room, and the buyer has no entry into it in [touch, placed_at]."""
    room_id = _link(bearing).room_id
    return room_id is not None and not case.entered_since(room_id, moment.occurred_at)


def cross_room(case: Case, bearing: Bearing, _: Moment) -> bool:
    """12: the link names a room, and the order's is neither it nor, where that is enough, of the same creator."""
    room_id, order_room = _link(bearing).room_id, case.paid.room_id
    if room_id is None or room_id == order_room:
        return False
    mode = bearing.campaign.record.cross_room if bearing.campaign else None
    if mode == "any":
        return False
    if mode != "same_creator":
        return True
    creator = case.creator_of(order_room)
    return creator is None or creator != case.creator_of(room_id)


def _link(bearing: Bearing) -> Link:
    assert bearing.link is not None, "UNKNOWN_LINK comes first"  # noqa: S101
    return bearing.link.record


Rule = Callable[[Case, Bearing, Moment], bool]

RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("UNKNOWN_LINK", unknown_link),
    ("LINK_NOT_VALID", link_not_valid),
    ("PROMOTER_NOT_ENROLLED", promoter_not_enrolled),
    # 4, PROMOTER_SANCTIONED, and 5, the link policies' own codes, take their place here with governance.
    ("SELF_REFERRAL", self_referral),
    ("CLICK_TOO_FAST", click_too_fast),
    # 8, CLICK_FLOOD, takes its place here.
    ("OUT_OF_WINDOW", out_of_window),
    ("SCOPE_MISMATCH", scope_mismatch),
    ("NO_ROOM_ENTRY", no_room_entry),
    ("CROSS_ROOM", cross_room),
    # 13, LOST_TO_COUPON, and 14, LOST_TO_CLASS, compare touches: they take their place behind these rules.
)


def verdict_against(case: Case, touch: Considered) -> str | None:
    """Return the first verdict that speaks against a touch, or None if it may be credited."""
    moment, bearing = touch.moment, touch.bearing
    for verdict, speaks_against in RULES:
        if speaks_against(case, bearing, moment):
            return verdict
    return None
