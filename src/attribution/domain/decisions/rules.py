"""The rules that speak against a touch, in the order of their verdicts (contract, section 3)."""

from attribution.domain.decisions.context import Bearing, Case, Considered
from attribution.domain.touches.interaction import ENTRY, Moment


def consider(case: Case, moment: Moment) -> Considered:
    """Look up what bears on a touch, and judge it."""
    bearing = case.bearing(moment)
    return Considered(moment, bearing, verdict_against(case, bearing, moment))


def verdict_against(case: Case, bearing: Bearing, moment: Moment) -> str | None:  # noqa: PLR0911
    """Return the first verdict that speaks against a touch, or None if it may be credited.

    One line a rule, in one function: it is asked of some hundred touches an order.
    """
    at, paid = moment.occurred_at, case.paid
    if bearing.link is None:
        return "UNKNOWN_LINK"
    if not bearing.valid_from <= at <= bearing.valid_to:
        return "LINK_NOT_VALID"
    if not bearing.enrolled_from <= at <= bearing.enrolled_to:
        return "PROMOTER_NOT_ENROLLED"
    # 4, PROMOTER_SANCTIONED, and 5, the link policies' own codes, take their place here with governance.
    if case.buyer.buyer_id in bearing.own_buyer_ids:
        return "SELF_REFERRAL"
    if at >= case.too_fast_from and moment.kind != ENTRY:
        return "CLICK_TOO_FAST"
    # 8, CLICK_FLOOD, takes its place here.
    if at < case.placed_at - bearing.window_ms:
        return "OUT_OF_WINDOW"
    if bearing.product_id not in (None, paid.product_id) or bearing.merchant_id not in (
        None,
        paid.merchant_id,
    ):
        return "SCOPE_MISMATCH"
    if bearing.room_id is None:
        return None
    if not case.entered_since(bearing.room_id, at):
        return "NO_ROOM_ENTRY"
    # 13, LOST_TO_COUPON, and 14, LOST_TO_CLASS, compare touches: they take their place behind these rules.
    return None if _suits(case, bearing.room_id, bearing.cross_room) else "CROSS_ROOM"


def _suits(case: Case, room_id: str, mode: str | None) -> bool:
    """Tell whether a link to a room counts for the order: its own room or, where that is enough, the same creator's."""
    order_room = case.paid.room_id
    if room_id == order_room or mode == "any":
        return True
    if mode != "same_creator":
        return False
    creator = case.creator_of(order_room)
    return creator is not None and creator == case.creator_of(room_id)
