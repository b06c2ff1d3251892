"""The topology: what the steps read and write, and why records are repartitioned between them."""

from dataclasses import dataclass
from typing import Final

from attribution.domain.records.topics import READ


@dataclass(frozen=True, slots=True)
class StepShape:
    """A step: the key of its state and records, the topics it reads and writes, and what it does."""

    name: str
    key: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class Hop:
    """Records that are repartitioned from one step to another because their key changes."""

    source: str
    target: str
    carries: str
    why: str


STEPS: Final = (
    StepShape(
        "stitch",
        "click_id",
        ("clicks", "room-entries"),
        (),
        "joins anonymous clicks with the room entries that name them",
    ),
    StepShape(
        "attribute and commission",
        "buyer_id",
        tuple(topic.name for topic in READ),
        ("decisions", "commissions", "dead-letters"),
        "decides which link drove an order, and posts what is owed",
    ),
)
HOPS: Final = (
    Hop(
        "clicks",
        "stitch",
        "clicks without buyer_id",
        "they are keyed by click_id: their buyer is not known yet",
    ),
    Hop(
        "room-entries",
        "stitch",
        "entries that name a click_id",
        "they are keyed by buyer_id, but the click they name is keyed by click_id",
    ),
    Hop(
        "stitch",
        "attribute and commission",
        "anonymous clicks, once for each buyer whose entry names them",
        "a buyer's touches and orders are kept in one place",
    ),
)
