"""The protocols of a step's state and output."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import msgspec

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.orders.order import Fact
from attribution.domain.records.reference import Version
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.references.version import ReferenceVersion
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.touches.interaction import Interaction

DependentOrder: TypeAlias = tuple[int, str, str]
"""An order: (placed_at, buyer_id, order_id)."""


class Received(Protocol):
    """A record as received, with what a dead letter needs of it."""

    @property
    def timestamp(self) -> int:
        """The record timestamp."""
        ...

    @property
    def partition(self) -> int:
        """The partition of the record."""
        ...

    @property
    def offset(self) -> int:
        """The offset in the partition."""
        ...

    @property
    def key(self) -> str | None:
        """The record key, if known."""
        ...

    @property
    def value(self) -> bytes:
        """The bytes of the record value."""
        ...


class Output(Protocol):
    """The destination of a step's records and counts."""

    def refuse(self, topic: str, received: Received, refusal: Refusal) -> None:
        """Write a dead letter."""
        ...

    def emit(self, topic: str, key: str | None, record: msgspec.Struct) -> None:
        """Write a record to an output topic."""
        ...

    def count(self, measure: str, label: str = "", amount: int = 1) -> None:
        """Add to a measure."""
        ...

    def is_full(self) -> bool:
        """Return whether the unit of work is so full that a sweep must pause."""
        ...


class StitchState(Protocol):
    """The stitch step's state: anonymous clicks by click_id."""

    def anonymous_clicks(self, click_id: str) -> AnonymousClicks:
        """Return the anonymous clicks with a click_id."""
        ...

    def save_anonymous_clicks(self, click_id: str, anonymous_clicks: AnonymousClicks) -> None:
        """Save the changed anonymous clicks with a click_id."""
        ...


class Clock(Protocol):
    """``stream_time`` is the latest record timestamp of an event, ``now`` the latest tick (both in ms)."""

    stream_time: int
    now: int

    def evidence_complete_from(self) -> int:
        """Return the time (ms) from which on the state still holds all touches."""
        ...


class Buyers(Protocol):
    """The buyers with their orders."""

    def get(self, buyer_id: str) -> Buyer:
        """Return a buyer without what has expired."""
        ...

    def save_interactions(self, buyer: Buyer, interactions: Iterable[Interaction]) -> None:
        """Save new or changed interactions."""
        ...

    def save_order(self, buyer: Buyer, order: Order) -> None:
        """Save a new or changed order."""
        ...

    def save_fact(self, buyer: Buyer, order: Order, fact: Fact) -> None:
        """Save a new fact of an order."""
        ...

    def forget_order(self, buyer: Buyer, order: Order) -> None:
        """Drop an order and its facts."""
        ...


class ReferenceVersions(Protocol):
    """The reference versions read so far; ``snapshots`` are those of ``catalogue``."""

    catalogue: Catalogue
    snapshots: SnapshotCache

    def add(self, topic: str, record: Version, timestamp: int, offset: int) -> ReferenceVersion[Any] | None:
        """Add and save a version; return it, or None if it repeats one."""
        ...


class Dependents(Protocol):
    """Which orders depend on which reference records."""

    def save(self, dependencies: bytes, order: DependentOrder) -> None:
        """Save which reference records an order depends on, as packed fingerprints."""
        ...

    def of(self, records: set[int], placed_from: int) -> list[DependentOrder]:
        """Return, in order, the orders placed at or after a time (ms) that depend on any of the records."""
        ...


class Timers(Protocol):
    """The timers of orders."""

    def schedule(self, due: int, buyer_id: str, order_id: str) -> None:
        """Set a timer for an order, due when a tick reaches a time (ms)."""
        ...

    def pop_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Yield (due, buyer_id, order_id) of all timers up to now, in order, and remove each."""
        ...


class AttributeState(Protocol):
    """The attribute and commission step's state."""

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def buyers(self) -> Buyers:
        """The buyers."""
        ...

    @property
    def references(self) -> ReferenceVersions:
        """The reference versions."""
        ...

    @property
    def dependents(self) -> Dependents:
        """The dependents."""
        ...

    @property
    def timers(self) -> Timers:
        """The timers."""
        ...
