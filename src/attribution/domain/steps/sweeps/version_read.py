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
from attribution.domain.steps.ports import DependentOrder
from attribution.domain.steps.sweeps.cause import SweepScope
from attribution.domain.touches.history import History


class VersionRead(msgspec.Struct, frozen=True, array_like=True, tag="version"):
    """A reference version was read. ``record`` is its record as JSON."""

    topic: str
    name: str
    timestamp: int
    offset: int
    record: bytes

    def run(self, scope: SweepScope) -> "_VersionSweep":
        """Return the sweep of the orders that depend on the record."""
        record: Version = msgspec.json.decode(self.record, type=BY_NAME[self.topic].record)
        version = ReferenceVersion(record.effective_from, self.timestamp, self.offset, record, self.name)
        return _VersionSweep(scope, self.topic, version)


class _VersionSweep:
    def __init__(self, scope: SweepScope, topic: str, version: ReferenceVersion[Version]) -> None:
        self._scope = scope
        self._topic = topic
        self._version = version
        self._cause = Cause(f"{version.name}/{version.timestamp}", version.effective_from, "corrected")

    def orders(self, done_to: DependentOrder | None) -> Iterator[DependentOrder]:
        state, version = self._scope.state, self._version
        affected = fingerprints(state.references.catalogue.affected_by(self._topic, version.record))
        for dependent in state.dependents.of(affected, version.effective_from):
            if done_to is None or dependent > done_to:
                yield dependent

    def derive(self, at: int, buyer: Buyer, order: Order) -> None:
        """Derive an order with the version, or as if it had been early; ``at`` is its placed_at."""
        standing = order.standing
        if standing is not None and standing.placed_at == at:
            early = partial(self._with_early_version, buyer, standing.lock)
            self._scope.update.reconsider(buyer, order, self._version.timestamp, self._cause, early)

    def _with_early_version(self, buyer: Buyer, lock: int) -> tuple[History, SnapshotCache]:
        catalogue = self._scope.state.references.catalogue
        return buyer.history, SnapshotCache(catalogue.as_if_early(self._topic, self._version, lock))


def version_read(topic: str, version: ReferenceVersion[Version]) -> VersionRead:
    """Return the cause of a sweep from a reference version."""
    record = msgspec.json.encode(version.record)
    return VersionRead(topic, version.name, version.timestamp, version.offset, record)
