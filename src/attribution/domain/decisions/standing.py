"""The decision of an order that stands: enough to see whether another one is true now."""

import msgspec

from attribution.domain.records.outputs import CreditRecord


class StandingDecision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The decision that stands.

    ``range_from`` is the earliest time of a touch in range (ms): once touches of that time are gone, the decision
    cannot be derived again.
    """

    revision: int
    digest: bytes
    lock: int
    placed_at: int
    range_from: int
    credits: list[CreditRecord]
