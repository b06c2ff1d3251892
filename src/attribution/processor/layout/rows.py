"""The layouts of all tables. Table names are part of the stored format."""

from typing import Final

import msgspec

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.domain.steps.sweeps.sweep import Sweep
from attribution.engine.row_layout import UNVERSIONED, BytesLayout, Layout, RowLayout, unchanged
from attribution.processor.layout.earlier import order_0, sweep_0
from attribution.processor.layout.interactions import Kept, StoredInteractions
from attribution.processor.layout.orders import StoredFact, StoredOrder


class StoredClock(msgspec.Struct, array_like=True, frozen=True):
    """Stream time, the latest tick (both ms), and the segment before which everything has expired."""

    stream_time: int = 0
    now: int = 0
    retention_start: int = 0


class StoredVersion(msgspec.Struct, array_like=True, frozen=True):
    """A reference version, with its record as JSON."""

    topic: str
    timestamp: int
    offset: int
    record: bytes


_ALIKE: Final = (UNVERSIONED,)
_SAME: Final = {UNVERSIONED: unchanged}

INTERACTIONS: Final = RowLayout[StoredInteractions]("moments", 3, StoredInteractions, alike=_ALIKE)
KEPT: Final = RowLayout[Kept]("kept", 3, Kept, alike=_ALIKE)
"""Which interactions this store holds. Like them it is in no changelog: it describes this store only."""
ORDERS: Final = RowLayout[StoredOrder]("orders", 3, StoredOrder, before={UNVERSIONED: order_0})
FACTS: Final = RowLayout[StoredFact]("facts", 3, StoredFact, alike=_ALIKE)
ANONYMOUS_CLICKS: Final = RowLayout[AnonymousClicks]("threads", 3, AnonymousClicks, alike=_ALIKE)
NEWEST_ANONYMOUS: Final = BytesLayout("newest-thread", 3, _SAME)
"""The last segment with anonymous clicks."""
EVENT_IDS: Final = BytesLayout("identities", 3, _SAME)
"""Digests of 16 bytes."""
DEPENDENTS: Final = BytesLayout("watched", 3, _SAME)
"""Fingerprints of four bytes each."""
TIMERS: Final = BytesLayout("reminders", 3, _SAME)
"""Nothing: the key says it all."""
VERSIONS: Final = RowLayout[StoredVersion]("versions", 3, StoredVersion, alike=_ALIKE)
SWEEP: Final = RowLayout[Sweep]("sweep", 3, Sweep, before={UNVERSIONED: sweep_0})
CLOCK: Final = RowLayout[StoredClock]("clock", 3, StoredClock, alike=_ALIKE)

ALL: Final[tuple[Layout, ...]] = (
    INTERACTIONS,
    KEPT,
    ORDERS,
    FACTS,
    ANONYMOUS_CLICKS,
    NEWEST_ANONYMOUS,
    EVENT_IDS,
    DEPENDENTS,
    TIMERS,
    VERSIONS,
    SWEEP,
    CLOCK,
)
EXPIRING: Final = (INTERACTIONS.table, ANONYMOUS_CLICKS.table, EVENT_IDS.table)
"""The tables whose keys begin with a segment, and that have no copy in memory."""
