"""Posts what an order's ledger lacks, and asks to be reminded of what falls due."""

from collections import Counter

from attribution.domain.commissions.ledger import Cause, due_for, post
from attribution.domain.orders.lifecycle import life_of
from attribution.domain.orders.order import Fact, Order
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import Posting
from attribution.domain.steps.ports import AttributeState, Output


class Accountant:
    """Derives what is due for an order and posts the difference."""

    def __init__(self, state: AttributeState, output: Output) -> None:
        self._state = state
        self._output = output

    def account(self, order: Order, paid: Fact, cause: Cause) -> None:
        """Bring the ledger of a decided order up to date."""
        event, standing = paid.event, order.standing
        assert isinstance(event, OrderPaid) and standing is not None  # noqa: S101, PT018
        life = life_of(order, event, self._state.now)
        order.ledger.has_settled = life.is_settled
        for posting in post(order, event, due_for(event, standing, life), cause):
            self._publish(posting)
        if life.settles_at is not None and not life.is_settled:
            self._state.remind(life.settles_at, event.buyer_id, order.order_id)

    def _publish(self, posting: Posting) -> None:
        self._output.emit("commissions", posting.subject, posting)
        self._output.count("postings", posting.kind)
        self._output.count("money", f"{posting.kind} {posting.currency}", _money_moved(posting))


def _money_moved(posting: Posting) -> int:
    """Return how much a posting moves: what its lines add to accounts, in the bucket where that is most."""
    added: Counter[str] = Counter()
    for line in posting.lines:
        added[line.bucket] += max(line.amount, 0)
    return max(added.values(), default=0)
