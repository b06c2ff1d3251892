"""Every verdict on a touch, with its meaning and its rule (contract, section 3).

A new verdict is a row of ``VERDICTS`` and a function. The metrics and the reference page follow the table.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.records.outputs import VerdictCode
from attribution.domain.touches.interaction import ENTRY, Interaction

CREDITED: Final = VerdictCode("CREDITED")
OUTRANKED: Final = VerdictCode("OUTRANKED")

Rule: TypeAlias = Callable[[OrderContext, LinkSnapshot, Interaction], bool]
"""Returns whether a touch is rejected. It may rely on the rules before it."""


class Verdict(NamedTuple):
    """A verdict. ``rejects`` is its rule, or None if it is not decided on a touch alone."""

    code: VerdictCode
    meaning: str
    rejects: Rule | None = None


def _unknown_link(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return snapshot.link is None


def _link_not_valid(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return not snapshot.valid_from <= interaction.occurred_at <= snapshot.valid_to


def _promoter_not_enrolled(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return not snapshot.enrolled_from <= interaction.occurred_at <= snapshot.enrolled_to


def _self_referral(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return context.buyer_id in snapshot.own_buyer_ids


def _click_too_fast(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return interaction.occurred_at >= context.too_fast_from and interaction.kind != ENTRY


def _out_of_window(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return interaction.occurred_at < context.placed_at - snapshot.window_ms


def _scope_mismatch(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return snapshot.product_id not in (None, context.paid.product_id) or snapshot.merchant_id not in (
        None,
        context.paid.merchant_id,
    )


def _no_room_entry(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return snapshot.room_id is not None and not context.entered_since(
        snapshot.room_id, interaction.occurred_at
    )


def _cross_room(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return snapshot.room_id is not None and not _fits_room(context, snapshot.room_id, snapshot.cross_room)


def _fits_room(context: OrderContext, room_id: str, mode: str | None) -> bool:
    """Return whether a linked room fits the order's room under the campaign's ``cross_room`` mode."""
    order_room = context.paid.room_id
    if room_id == order_room or mode == "any":
        return True
    if mode != "same_creator":
        return False
    creator = context.creator_of(order_room)
    return creator is not None and creator == context.creator_of(room_id)


VERDICTS: Final[tuple[Verdict, ...]] = (
    Verdict(
        VerdictCode("UNKNOWN_LINK"),
        "No version of the link is in force at the touch.",
        _unknown_link,
    ),
    Verdict(
        VerdictCode("LINK_NOT_VALID"),
        "The touch is before the link's valid_from or after its valid_to.",
        _link_not_valid,
    ),
    Verdict(
        VerdictCode("PROMOTER_NOT_ENROLLED"),
        "The policy is invitation_only, and the promoter is not enrolled at the touch.",
        _promoter_not_enrolled,
    ),
    # Not implemented yet.
    Verdict(
        VerdictCode("PROMOTER_SANCTIONED"),
        "The promoter is suspended or expelled at the touch.",
    ),
    # The codes of link policies belong here; not implemented yet.
    Verdict(
        VerdictCode("SELF_REFERRAL"),
        "The buyer is one of the promoter's own_buyer_ids.",
        _self_referral,
    ),
    Verdict(
        VerdictCode("CLICK_TOO_FAST"),
        "The click is less than min_click_to_order_ms before the order.",
        _click_too_fast,
    ),
    # Not implemented yet.
    Verdict(
        VerdictCode("CLICK_FLOOD"),
        "The buyer clicked links of this promoter more often than click_flood allows.",
    ),
    Verdict(
        VerdictCode("OUT_OF_WINDOW"),
        "The touch is older than the window of its campaign.",
        _out_of_window,
    ),
    Verdict(
        VerdictCode("SCOPE_MISMATCH"),
        "The link names a product or merchant that is not the order's.",
        _scope_mismatch,
    ),
    Verdict(
        VerdictCode("NO_ROOM_ENTRY"),
        "The link names a room, and the buyer did not enter it between touch and order.",
        _no_room_entry,
    ),
    Verdict(
        VerdictCode("CROSS_ROOM"),
        "The link names a room, and the order's room does not fit the campaign's cross_room.",
        _cross_room,
    ),
    # These compare touches. Coupon and class are not implemented yet.
    Verdict(
        VerdictCode("LOST_TO_COUPON"),
        "Another eligible touch has a link with the order's coupon code.",
    ),
    Verdict(
        VerdictCode("LOST_TO_CLASS"),
        "The touch is a room entry, and there is an eligible click.",
    ),
    Verdict(OUTRANKED, "The touch is eligible, and the model gives it nothing."),
    Verdict(CREDITED, "The touch gets a part of the order, its weight_ppm."),
)
"""In the contract's order. A touch gets the first verdict that fits; link policies add codes of their own."""
