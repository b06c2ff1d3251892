"""Refusals: why a record is not accepted."""

from typing import Final, get_args

import msgspec

from attribution.domain.records.outputs import RefusalCode

SEVERITY: Final = {code: place for place, code in enumerate(get_args(RefusalCode))}
"""Of several faults, the first in this order is reported (contract, section 6)."""


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
