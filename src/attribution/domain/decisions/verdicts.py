"""The contract's own verdicts (section 3); link policies add more."""

from typing import Final

VERDICTS: Final = (
    "UNKNOWN_LINK",
    "LINK_NOT_VALID",
    "PROMOTER_NOT_ENROLLED",
    "PROMOTER_SANCTIONED",
    "SELF_REFERRAL",
    "CLICK_TOO_FAST",
    "CLICK_FLOOD",
    "OUT_OF_WINDOW",
    "SCOPE_MISMATCH",
    "NO_ROOM_ENTRY",
    "CROSS_ROOM",
    "LOST_TO_COUPON",
    "LOST_TO_CLASS",
    "OUTRANKED",
    "CREDITED",
)
"""In the order of the rules; a touch gets the first verdict that fits."""
