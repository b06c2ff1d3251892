"""The reference versions of the state: the catalogue, its snapshots, and the rows of versions."""

from typing import Any

import msgspec

from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.records.reference import Policy, Version
from attribution.domain.records.topics import BY_NAME
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.references.version import ReferenceVersion
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.processor.layout.keys import time_key
from attribution.processor.layout.rows import VERSIONS, StoredVersion


class ReferenceVersions:
    """All versions read so far. ``is_persisted`` says whether the store keeps them."""

    def __init__(self, store: Store, default_policy: Policy, *, is_persisted: bool) -> None:
        self.catalogue = Catalogue(default_policy)
        self.snapshots = SnapshotCache(self.catalogue)
        self._is_persisted = is_persisted
        self._unwritten: list[tuple[str, ReferenceVersion[Any]]] = []
        for _, row in store.scan(VERSIONS.table, b"", b"\xff"):
            self._restore(VERSIONS.unpack(row))

    def add(self, topic: str, record: Version, timestamp: int, offset: int) -> ReferenceVersion[Any] | None:
        """Add a version and return it, or None if it repeats one."""
        version = self.catalogue.add(topic, record, timestamp, offset)
        if version is not None and self._is_persisted:
            self._unwritten.append((topic, version))
        return version

    def flush(self, write_batch: WriteBatch) -> None:
        """Move new versions to the unit of work."""
        for topic, version in self._unwritten:
            write_batch.put(VERSIONS.table, _key(version), VERSIONS.pack(_stored(topic, version)))
        self._unwritten = []

    def _restore(self, stored: StoredVersion) -> None:
        record = msgspec.json.decode(stored.record, type=BY_NAME[stored.topic].record)
        self.catalogue.add(stored.topic, record, stored.timestamp, stored.offset)


def _key(version: ReferenceVersion[Any]) -> bytes:
    recorded = time_key(max(version.timestamp, 0)) + time_key(version.offset)
    return version.name.encode() + b"\0" + recorded


def _stored(topic: str, version: ReferenceVersion[Any]) -> StoredVersion:
    return StoredVersion(topic, version.timestamp, version.offset, msgspec.json.encode(version.record))
