"""The topology: what the steps read and write, and why records are repartitioned between them."""

from dataclasses import dataclass
from typing import Final

from attribution.domain.records.topics import READ

READ_BY_PARTITION: Final = tuple(topic.name for topic in READ if topic.partitions is None)
"""The topics of which each task reads its own partition."""
READ_WHOLE: Final = tuple(topic.name for topic in READ if topic.partitions == 1)
"""The topics that every task reads whole: reference records, governance, ticks."""


@dataclass(frozen=True, slots=True)
class StepShape:
    """A step: the key of its state and records, the topics it reads and writes, and what it does."""

    name: str
    key: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class Repartition:
    """Records that are repartitioned from one step to another because their key changes."""

    source: str
    target: str
    carries: str
    why: str


STITCH: Final = StepShape(
    "stitch",
    "click_id",
    ("clicks", "room-entries"),
    (),
    "joins anonymous clicks with the room entries that name them",
)
ATTRIBUTE: Final = StepShape(
    "attribute and commission",
    "buyer_id",
    tuple(topic.name for topic in READ),
    ("decisions", "commissions", "dead-letters"),
    "decides which link drove an order, and posts what is owed",
)
STEPS: Final = (STITCH, ATTRIBUTE)
CLICKS: Final = Repartition(
    "clicks",
    STITCH.name,
    "clicks without buyer_id",
    "they are keyed by click_id: their buyer is not known yet",
)
ENTRIES: Final = Repartition(
    "room-entries",
    STITCH.name,
    "entries that name a click_id",
    "they are keyed by buyer_id, but the click they name is keyed by click_id",
)
TOUCHES: Final = Repartition(
    STITCH.name,
    ATTRIBUTE.name,
    "anonymous clicks, once for each buyer whose entry names them",
    "a buyer's touches and orders are kept in one place",
)
REPARTITIONS: Final = (CLICKS, ENTRIES, TOUCHES)
