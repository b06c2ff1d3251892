"""The protocols of a step's state and output."""

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


class AttributeState(Protocol):
    """The attribute and commission step's state.

    ``stream_time`` is the latest record timestamp of an event so far (ms), ``now`` the latest tick (ms).
    ``sweep`` is the sweep under way, or None. ``snapshots`` are those of ``catalogue``.
    """

    catalogue: Catalogue
    snapshots: SnapshotCache
    stream_time: int
    now: int
    sweep: Sweep | None

    def evidence_complete_from(self) -> int:
        """Return the time (ms) from which on the state still holds all touches."""
        ...

    def buyer(self, buyer_id: str) -> Buyer:
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

    def save_version(self, topic: str, version: ReferenceVersion[Any]) -> None:
        """Save a reference version."""
        ...

    def save_dependencies(self, dependencies: bytes, placed_at: int, buyer_id: str, order_id: str) -> None:
        """Save which reference records an order depends on, as packed fingerprints."""
        ...

    def dependents(self, records: set[int], placed_from: int) -> list[DependentOrder]:
        """Return, in order, the orders placed at or after a time (ms) that depend on any of the records."""
        ...

    def schedule(self, due: int, buyer_id: str, order_id: str) -> None:
        """Set a timer for an order, due when a tick reaches a time (ms)."""
        ...

    def pop_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Yield (due, buyer_id, order_id) of all timers up to now, in order, and remove each."""
        ...
