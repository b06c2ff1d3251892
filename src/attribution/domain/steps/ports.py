"""What a step asks of its surroundings."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import msgspec

from attribution.domain.clicks.anonymous import Thread
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.orders.order import Fact, Order
from attribution.domain.references.catalogue import Catalogue, Known
from attribution.domain.steps.sweep import Sweep
from attribution.domain.touches.history import Buyer
from attribution.domain.touches.interaction import Moment

Watcher: TypeAlias = tuple[int, str, str]
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
        """Tell whether the unit of work holds so much that a sweep pauses."""
        ...


class StitchState(Protocol):
    """The stitch step's state: threads by click_id."""

    def thread(self, click_id: str) -> Thread:
        """Return what is known under a click_id."""
        ...

    def save_thread(self, click_id: str, thread: Thread) -> None:
        """Keep a changed thread."""
        ...


class AttributeState(Protocol):
    """The attribute and commission step's state.

    ``stream_time`` is the latest record timestamp of an event so far, ``now`` the latest tick; milliseconds.
    ``sweep`` is what is under way, if anything is.
    """

    catalogue: Catalogue
    stream_time: int
    now: int
    sweep: Sweep | None

    def remembers_from(self) -> int:
        """Return the time from which on all touches are still there."""
        ...

    def buyer(self, buyer_id: str) -> Buyer:
        """Return a buyer, without what has expired."""
        ...

    def save_moments(self, buyer: Buyer, moments: Iterable[Moment]) -> None:
        """Keep new or changed moments."""
        ...

    def save_order(self, buyer: Buyer, order: Order) -> None:
        """Keep a new or changed order."""
        ...

    def save_fact(self, buyer: Buyer, order: Order, fact: Fact) -> None:
        """Keep a new fact of an order."""
        ...

    def forget_order(self, buyer: Buyer, order: Order) -> None:
        """Drop an order."""
        ...

    def save_version(self, topic: str, known: Known[Any]) -> None:
        """Keep a reference version."""
        ...

    def watch(self, watched: bytes, placed_at: int, buyer_id: str, order_id: str) -> None:
        """Note what reference records an order depends on, as packed fingerprints."""
        ...

    def watchers(self, records: set[int], placed_from: int) -> list[Watcher]:
        """Return the orders that depend on any of the records, in order."""
        ...

    def remind(self, due: int, buyer_id: str, order_id: str) -> None:
        """Ask for an order back when a tick reaches a time."""
        ...

    def take_due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Yield (due, buyer_id, order_id) of all reminders up to now, in order; each is removed as it comes."""
        ...
