"""The plan of a generated order."""

from dataclasses import dataclass
from typing import Final

from .scribe import HOUR

RECEIVED_AFTER: Final = 3 * HOUR


@dataclass(frozen=True)
class Plan:
    """An order line before its first event."""

    order_id: str
    buyer_id: str
    placed_at: int
    merchant_id: str
    product_id: str
    room_id: str | None

    @property
    def received_at(self) -> int:
        return self.placed_at + RECEIVED_AFTER
