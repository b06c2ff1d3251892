"""The order context: what the rules read about an order, its buyer and the reference records."""

import msgspec

from attribution.domain.decisions.snapshot import LinkSnapshot, SnapshotCache
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import VerdictCode
from attribution.domain.records.reference import Policy
from attribution.domain.touches.history import History
from attribution.domain.touches.interaction import Interaction


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A touch in range of an order, its link snapshot, and its rejection (None: eligible)."""

    interaction: Interaction
    snapshot: LinkSnapshot
    rejection: VerdictCode | None


class OrderContext:
    """What the rules read: the order, its buyer's history, and the policy and snapshots under its lock."""

    __slots__ = (
        "_entries",
        "buyer_id",
        "catalogue",
        "history",
        "lock",
        "paid",
        "placed_at",
        "policy",
        "range_from",
        "snapshots",
        "too_fast_from",
    )

    def __init__(
        self, buyer_id: str, history: History, paid: OrderPaid, lock: int, cache: SnapshotCache
    ) -> None:
        policy = cache.catalogue.policy(paid.placed_at, lock)
        self.buyer_id = buyer_id
        self.history = history
        self.paid = paid
        self.placed_at = paid.placed_at
        self.lock = lock
        self.catalogue = cache.catalogue
        self.snapshots = cache.of(policy)
        self.policy: Policy = policy.record
        self.too_fast_from = paid.placed_at - self.policy.min_click_to_order_ms + 1
        self.range_from = paid.placed_at - self.policy.longest_window_ms
        self._entries: dict[str, int] | None = None

    def snapshot(self, interaction: Interaction) -> LinkSnapshot:
        """Return the link snapshot of a touch."""
        return self.snapshots.at(interaction.link_id, interaction.occurred_at, self.placed_at, self.lock)

    def creator_of(self, room_id: str | None) -> str | None:
        """Return the creator of a room at the time the order was placed."""
        if room_id is None:
            return None
        room = self.catalogue.room(room_id, self.placed_at, self.lock)
        return None if room is None else room.record.creator_id

    def entered_since(self, room_id: str, since: int) -> bool:
        """Return whether the buyer entered a room in [since, placed_at] (ms)."""
        if self._entries is None:
            self._entries = self._latest_entries()
        return self._entries.get(room_id, -1) >= since

    def _latest_entries(self) -> dict[str, int]:
        """Return, by room, the time of the buyer's latest entry that is not after the order."""
        latest: dict[str, int] = {}
        for entry in self.history.entries.values():
            if entry.occurred_at <= self.placed_at and entry.reported_at <= self.lock:
                room_id = entry.event.room_id or ""
                latest[room_id] = max(latest.get(room_id, -1), entry.occurred_at)
        return latest
