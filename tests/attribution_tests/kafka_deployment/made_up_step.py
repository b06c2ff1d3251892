"""A made-up step, declared in one place: it counts the events of each order, keyed by order_id."""

from collections import Counter
from typing import Any, Final

from attribution.domain.records.events import OrderEvent
from attribution.domain.records.outputs import Insight
from attribution.domain.records.topics import RANKS
from attribution.domain.steps import topology
from attribution.domain.steps.messages import Message, Place
from attribution.domain.steps.ports import Received
from attribution.domain.steps.topology import ATTRIBUTE, STITCH, Repartition, StepShape, Topology
from attribution.engine.record import Record
from attribution.engine.tables import WriteBatch
from attribution.processor import processor
from attribution.processor.bound_step import Parts


class OrderById(Message, frozen=True, gc=False, array_like=True, tag="order"):
    """An event of an order, keyed by order_id."""

    offset: int
    timestamp: int
    event: OrderEvent

    @property
    def key(self) -> str:
        return self.event.order_id

    @property
    def place(self) -> Place:
        return self.timestamp, RANKS["orders"], self.source, self.offset


def _by_id(task: int, event: Any, received: Received) -> OrderById:
    return OrderById(task, received.offset, received.timestamp, event)


ORDERS_BY_ID: Final = Repartition(
    topic="orders-by-id",
    source="orders",
    key="order_id",
    message=OrderById,
    carries="order events",
    why="an order is counted in one place",
    route=_by_id,
    is_restored=True,
)
COUNT: Final = StepShape(
    name="count",
    title="count",
    key="order_id",
    by_key=(),
    whole=("ticks",),
    through=(ORDERS_BY_ID,),
    writes=("insights",),
    does="counts the events of each order",
)


class BoundCount:
    """The counts of orders, in no changelog: a restarted task reads the events again."""

    def __init__(self, parts: Parts) -> None:
        self._output = parts.output
        self._counts: Counter[str] = Counter()
        self._now = 0
        self.handlers = {ORDERS_BY_ID.topic: self._event, "ticks": self._tick}

    def restore(self, record: Record) -> None:
        self._counts[record.event.event.order_id] += 1

    def flush(self, write_batch: WriteBatch) -> None:
        pass

    def trim(self) -> None:
        pass

    def _event(self, record: Record) -> None:
        self.restore(record)
        order_id = record.event.event.order_id
        values: dict[str, int | str] = {"events": self._counts[order_id], "ticked": int(self._now > 0)}
        insight = Insight(
            subject=order_id, type="campaign.session", occurred_at=record.timestamp, values=values
        )
        self._output.emit("insights", order_id, insight)

    def _tick(self, record: Record) -> None:
        self._now = record.event.occurred_at


def install() -> None:
    """Declare the step in this process, beside those of the program."""
    topology.DECLARED = Topology((STITCH, COUNT, ATTRIBUTE))  # type: ignore[misc]
    processor.BINDINGS[COUNT.name] = BoundCount
