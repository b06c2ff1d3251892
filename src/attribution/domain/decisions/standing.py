"""The standing decision of an order: enough to see whether a newly derived one differs."""

import msgspec

from attribution.domain.records.outputs import CreditRecord


class StandingDecision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The standing decision.

    ``range_from`` is the earliest time (ms) of a touch in range. Once touches of that time have expired, the
    decision cannot be derived again.
    """

    revision: int
    digest: bytes
    lock: int
    placed_at: int
    range_from: int
    credits: list[CreditRecord]
