"""The rules that reject a touch, in the order of their verdicts (contract, section 3)."""

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.touches.interaction import ENTRY, Interaction


def evaluate(context: OrderContext, interaction: Interaction) -> Candidate:
    """Look up the link snapshot of a touch, and apply the rules to it."""
    snapshot = context.snapshots.at(
        interaction.link_id, interaction.occurred_at, context.placed_at, context.lock
    )
    return Candidate(interaction, snapshot, first_rejection(context, snapshot, interaction))


def first_rejection(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> str | None:  # noqa: PLR0911
    """Return the first verdict that rejects a touch, or None if it is eligible.

    One line a rule, in one function: it is called for some hundred touches an order.
    """
    at, paid = interaction.occurred_at, context.paid
    if snapshot.link is None:
        return "UNKNOWN_LINK"
    if not snapshot.valid_from <= at <= snapshot.valid_to:
        return "LINK_NOT_VALID"
    if not snapshot.enrolled_from <= at <= snapshot.enrolled_to:
        return "PROMOTER_NOT_ENROLLED"
    # 4, PROMOTER_SANCTIONED, and 5, the link policies' own codes, take their place here with governance.
    if context.buyer_id in snapshot.own_buyer_ids:
        return "SELF_REFERRAL"
    if at >= context.too_fast_from and interaction.kind != ENTRY:
        return "CLICK_TOO_FAST"
    # 8, CLICK_FLOOD, takes its place here.
    if at < context.placed_at - snapshot.window_ms:
        return "OUT_OF_WINDOW"
    if snapshot.product_id not in (None, paid.product_id) or snapshot.merchant_id not in (
        None,
        paid.merchant_id,
    ):
        return "SCOPE_MISMATCH"
    if snapshot.room_id is None:
        return None
    if not context.entered_since(snapshot.room_id, at):
        return "NO_ROOM_ENTRY"
    # 13, LOST_TO_COUPON, and 14, LOST_TO_CLASS, compare touches: they take their place behind these rules.
    return None if _fits_room(context, snapshot.room_id, snapshot.cross_room) else "CROSS_ROOM"


def _fits_room(context: OrderContext, room_id: str, mode: str | None) -> bool:
    """Return whether a link to a room fits the order: its own room or, where that is enough, one of the same creator."""
    order_room = context.paid.room_id
    if room_id == order_room or mode == "any":
        return True
    if mode != "same_creator":
        return False
    creator = context.creator_of(order_room)
    return creator is not None and creator == context.creator_of(room_id)
