"""Why a record is refused."""

from typing import Final, get_args

import msgspec

from attribution.domain.records.outputs import RefusalCode

SEVERITY: Final = {code: place for place, code in enumerate(get_args(RefusalCode))}
"""Of several faults the first in this order is named."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A code of the contract, and what exactly was wrong."""

    code: RefusalCode
    detail: str


class RefusedError(Exception):
    """Raised by a step that finds out only from its state that a record must be refused."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        self.refusal = Refusal(code, detail)
        super().__init__(f"{code}: {detail}")


def gravest(faults: list[Refusal]) -> Refusal:
    """Name one of several faults.

    >>> gravest([Refusal("TOO_LONG", "link_id"), Refusal("MISSING_FIELD", "event_id")]).code
    'MISSING_FIELD'
    """
    return min(faults, key=lambda fault: SEVERITY[fault.code])
