"""The contract's own verdicts and their meanings (section 3); link policies add codes of their own."""

from typing import Final

MEANINGS: Final = {
    "UNKNOWN_LINK": "No version of the link is in force at the touch.",
    "LINK_NOT_VALID": "The touch is before the link's valid_from or after its valid_to.",
    "PROMOTER_NOT_ENROLLED": "The policy is invitation_only, and the promoter is not enrolled at the touch.",
    "PROMOTER_SANCTIONED": "The promoter is suspended or expelled at the touch.",
    "SELF_REFERRAL": "The buyer is one of the promoter's own_buyer_ids.",
    "CLICK_TOO_FAST": "The click is less than min_click_to_order_ms before the order.",
    "CLICK_FLOOD": "The buyer clicked links of this promoter more often than click_flood allows.",
    "OUT_OF_WINDOW": "The touch is older than the window of its campaign.",
    "SCOPE_MISMATCH": "The link names a product or merchant that is not the order's.",
    "NO_ROOM_ENTRY": "The link names a room, and the buyer did not enter it between touch and order.",
    "CROSS_ROOM": "The link names a room, and the order's room does not fit the campaign's cross_room.",
    "LOST_TO_COUPON": "Another eligible touch has a link with the order's coupon code.",
    "LOST_TO_CLASS": "The touch is a room entry, and there is an eligible click.",
    "OUTRANKED": "The touch is eligible, and the model gives it nothing.",
    "CREDITED": "The touch gets a part of the order, its weight_ppm.",
}
"""In the order of the rules; a touch gets the first verdict that fits."""

VERDICTS: Final = tuple(MEANINGS)
