"""A reference version as the cause of a sweep: it may change each order that depends on its record."""

from collections.abc import Iterator
from functools import partial

import msgspec

from attribution.domain.commissions.ledger import Cause
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.records.reference import Version
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.dependencies import fingerprints
from attribution.domain.references.version import ReferenceVersion
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.ports import AttributeState, DependentOrder
from attribution.domain.steps.sweeps.cause import SweepScope
from attribution.domain.touches.history import History


class VersionRead(msgspec.Struct, frozen=True, array_like=True, tag="version"):
    """A reference version was read. ``record`` is its record as JSON."""

    topic: str
    name: str
    timestamp: int
    offset: int
    record: bytes

    def version(self) -> ReferenceVersion[Version]:
        """Return the reference version."""
        record: Version = msgspec.json.decode(self.record, type=BY_NAME[self.topic].record)
        return ReferenceVersion(record.effective_from, self.timestamp, self.offset, record, self.name)

    def orders(self, scope: SweepScope, done_to: DependentOrder | None, /) -> Iterator[DependentOrder]:
        """Yield the orders that depend on the record, placed since the version took effect."""
        references, version = scope.state.references, self.version()
        affected = fingerprints(references.catalogue.affected_by(self.topic, version.record))
        for dependent in scope.state.dependents.of(affected, version.effective_from):
            if done_to is None or dependent > done_to:
                yield dependent

    def derive(self, scope: SweepScope, at: int, buyer: Buyer, order: Order) -> None:
        """Derive an order again with the version, or as if it had been early; ``at`` is its placed_at."""
        if order.standing is None or order.standing.placed_at != at:
            return
        version = self.version()
        cause = Cause(f"{self.name}/{self.timestamp}", version.effective_from, "corrected")
        early = partial(_with_early_version, scope.state, buyer, self.topic, version, order.standing.lock)
        scope.update.reconsider(buyer, order, self.timestamp, cause, early)


def version_read(topic: str, version: ReferenceVersion[Version]) -> VersionRead:
    """Return the cause of a sweep from a reference version."""
    record = msgspec.json.encode(version.record)
    return VersionRead(topic, version.name, version.timestamp, version.offset, record)


def _with_early_version(
    state: AttributeState, buyer: Buyer, topic: str, version: ReferenceVersion[Version], lock: int
) -> tuple[History, SnapshotCache]:
    view = state.references.catalogue.as_if_early(topic, version, lock)
    return buyer.history, SnapshotCache(view)
