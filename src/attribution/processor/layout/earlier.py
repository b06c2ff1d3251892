"""Rows of earlier versions, read into those of today.

Version 0 are the rows of attribution 0.1.0, which have no version byte.
"""

from typing import Any, Final

import msgspec

from attribution.domain.commissions.commission import COMMISSION
from attribution.domain.commissions.state import Balances, Ledger, OrderTerms, Origin, Terms
from attribution.domain.decisions.standing import StandingDecision
from attribution.domain.records.outputs import Bucket, CreditRecord, Note
from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweeps.sweep import Sweep
from attribution.domain.steps.sweeps.tick_passed import TickPassed
from attribution.domain.steps.sweeps.version_read import VersionRead
from attribution.processor.layout.orders import StoredOrder


class _Decision0(msgspec.Struct, frozen=True, array_like=True):
    """Standing decision and terms in one. The note of a credit may be BELOW_MIN_ORDER, with a rate of 0."""

    revision: int
    digest: bytes
    lock: int
    placed_at: int
    range_from: int
    credits: list[CreditRecord]
    terms: list[Terms]
    origin: Origin
    least_payable: int
    settle_after_ms: int | None


class _Order0(msgspec.Struct, frozen=True, array_like=True):
    """What was posted is that of the commission alone."""

    order_id: str
    refused: list[str]
    decision: _Decision0 | None
    seq: int
    currency: str
    posted: list[tuple[str, Bucket, int]]
    note: Note | None
    has_settled: bool


class _Sweep0(msgspec.Struct, frozen=True, array_like=True):
    """A tick has the topic ``ticks``, and its event_id as name."""

    topic: str
    name: str
    timestamp: int
    offset: int
    record: bytes
    done_to: DependentOrder | None


_ORDER_0: Final = msgspec.msgpack.Decoder(_Order0).decode
_SWEEP_0: Final = msgspec.msgpack.Decoder(_Sweep0).decode


def order_0(stored: Any) -> StoredOrder:
    """Read an order of version 0."""
    row = _ORDER_0(stored)
    posted: dict[str, Balances] = {}
    if row.seq:
        sums = {(account, bucket): amount for account, bucket, amount in row.posted}
        posted[COMMISSION] = Balances(sums, row.note)
    ledger = Ledger(row.seq, row.currency, posted, row.has_settled)
    of = row.decision
    if of is None:
        return StoredOrder(row.order_id, row.refused, None, None, ledger)
    standing = StandingDecision(of.revision, of.digest, of.lock, of.placed_at, of.range_from, of.credits)
    terms = OrderTerms(of.terms, of.origin, of.least_payable, of.settle_after_ms)
    return StoredOrder(row.order_id, row.refused, standing, terms, ledger)


def sweep_0(stored: Any) -> Sweep:
    """Read a sweep of version 0."""
    row = _SWEEP_0(stored)
    if row.topic == "ticks":
        return Sweep(TickPassed(row.name), row.done_to)
    return Sweep(VersionRead(row.topic, row.name, row.timestamp, row.offset, row.record), row.done_to)
