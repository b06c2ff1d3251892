"""Refusals: why a record is not accepted."""

from typing import Final, get_args

import msgspec

from attribution.domain.records.outputs import RefusalCode

SEVERITY: Final = {code: place for place, code in enumerate(get_args(RefusalCode))}
"""Of several faults, the first in this order is reported (contract, section 6)."""

MEANINGS: Final[dict[RefusalCode, str]] = {
    "BAD_JSON": "The value is not one JSON text in UTF-8.",
    "WRONG_TYPE": "A value has another JSON type than its field.",
    "MISSING_FIELD": "A required field is missing.",
    "UNKNOWN_VALUE": "A value is not one of those that its field allows.",
    "TOO_LONG": "A text or list is longer than its limit.",
    "OUT_OF_RANGE": "A number is outside of its limits.",
    "TIME_OUT_OF_RANGE": "A time is not between 2010 and 2100.",
    "TIME_IN_FUTURE": "An event's time is more than 10 minutes after its record timestamp.",
    "TOO_LARGE": "The record is larger than 256 KiB.",
    "BAD_LINK": "The link lacks the id of its target.",
    "BAD_SPLITS": "The splits of a campaign give away more than a role received.",
    "CURRENCY_CLASH": "An event of an order names another currency than its paid event.",
    "EVENT_ID_CLASH": "Another record with the same event_id and other content was accepted before.",
    "TOO_LATE": "The paid event was recorded more than max_order_delay_ms after placed_at.",
}


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A refusal code of the contract, and the exact fault."""

    code: RefusalCode
    detail: str


class RefusedError(Exception):
    """Raised by a step if its state shows that a record must be refused."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        self.refusal = Refusal(code, detail)
        super().__init__(f"{code}: {detail}")


def gravest(faults: list[Refusal]) -> Refusal:
    """Return the fault that is reported, of several.

    >>> gravest([Refusal("TOO_LONG", "link_id"), Refusal("MISSING_FIELD", "event_id")]).code
    'MISSING_FIELD'
    """
    return min(faults, key=lambda fault: SEVERITY[fault.code])
