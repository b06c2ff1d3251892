"""The rules that reject a touch, in the order of their verdicts (contract, section 3)."""

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.touches.interaction import ENTRY, Interaction


def evaluate(context: OrderContext, interaction: Interaction) -> Candidate:
    """Look up the link snapshot of a touch and apply the rules to the touch."""
    snapshot = context.snapshots.at(
        interaction.link_id, interaction.occurred_at, context.placed_at, context.lock
    )
    return Candidate(interaction, snapshot, first_rejection(context, snapshot, interaction))


def first_rejection(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> str | None:  # noqa: PLR0911
    """Return the first verdict that rejects a touch, or None if it is eligible.

    All rules are in one function, because it runs for some hundred touches per order.
    """
    at, paid = interaction.occurred_at, context.paid
    if snapshot.link is None:
        return "UNKNOWN_LINK"
    if not snapshot.valid_from <= at <= snapshot.valid_to:
        return "LINK_NOT_VALID"
    if not snapshot.enrolled_from <= at <= snapshot.enrolled_to:
        return "PROMOTER_NOT_ENROLLED"
    # Not implemented yet: 4, PROMOTER_SANCTIONED, and 5, the codes of link policies. They belong here.
    if context.buyer_id in snapshot.own_buyer_ids:
        return "SELF_REFERRAL"
    if at >= context.too_fast_from and interaction.kind != ENTRY:
        return "CLICK_TOO_FAST"
    # Not implemented yet: 8, CLICK_FLOOD. It belongs here.
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
    # Not implemented yet: 13, LOST_TO_COUPON, and 14, LOST_TO_CLASS. They compare touches after these rules.
    return None if _fits_room(context, snapshot.room_id, snapshot.cross_room) else "CROSS_ROOM"


def _fits_room(context: OrderContext, room_id: str, mode: str | None) -> bool:
    """Return whether a linked room fits the order's room under the campaign's ``cross_room`` mode."""
    order_room = context.paid.room_id
    if room_id == order_room or mode == "any":
        return True
    if mode != "same_creator":
        return False
    creator = context.creator_of(order_room)
    return creator is not None and creator == context.creator_of(room_id)
