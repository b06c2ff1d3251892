"""What a step asks of its surroundings."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import msgspec

from attribution.domain.clicks.anonymous import AnonymousClicks
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.orders.order import Fact
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.references.version import ReferenceVersion
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.sweep import Sweep
from attribution.domain.touches.interaction import Interaction

DependentOrder: TypeAlias = tuple[int, str, str]
"""An order: (placed_at, buyer_id, order_id)."""


class Received(Protocol):
    """A record as it was received: what a dead letter tells of it."""

    @property
    def timestamp(self) -> int:
        """The record timestamp."""
        ...

    @property
    def partition(self) -> int:
        """The partition it lay in."""
        ...

    @property
    def offset(self) -> int:
        """Its offset there."""
        ...

    @property
    def key(self) -> str | None:
        """The record key, if known."""
        ...

    @property
    def value(self) -> bytes:
        """Its bytes."""
        ...


class Output(Protocol):
    """Where a step's records and counts go."""

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
        """Return whether the unit of work holds so much that a sweep pauses."""
        ...


class StitchState(Protocol):
    """The stitch step's state: anonymous clicks by click_id."""

    def anonymous_clicks(self, click_id: str) -> AnonymousClicks:
        """Return what is known under a click_id."""
        ...

    def save_anonymous_clicks(self, click_id: str, anonymous_clicks: AnonymousClicks) -> None:
        """Save what has changed under a click_id."""
        ...


class AttributeState(Protocol):
    """The attribute and commission step's state.

    ``stream_time`` is the latest record timestamp of an event so far, ``now`` the latest tick; milliseconds.
    ``sweep`` is what is under way, if anything is. ``snapshots`` are those of ``catalogue``.
    """

    catalogue: Catalogue
    snapshots: SnapshotCache
    stream_time: int
    now: int
    sweep: Sweep | None

    def evidence_complete_from(self) -> int:
        """Return the time from which on all touches are still there."""
        ...

    def buyer(self, buyer_id: str) -> Buyer:
        """Return a buyer, without what has expired."""
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

    def save_version(self, topic: str, version: ReferenceVersion[Any]) -> None:
        """Save a reference version."""
        ...

    def save_dependencies(self, dependencies: bytes, placed_at: int, buyer_id: str, order_id: str) -> None:
        """Save which reference records an order depends on, as packed fingerprints."""
        ...

    def dependents(self, records: set[int], placed_from: int) -> list[DependentOrder]:
        """Return the orders that depend on any of the records, in order."""
        ...

    def schedule(self, due: int, buyer_id: str, order_id: str) -> None:
        """Have an order popped when a tick reaches a time (ms)."""
        ...

    def pop_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Yield (due, buyer_id, order_id) of all timers up to now, in order; each is removed as it is yielded."""
        ...
