"""The state of a buyer: history, orders, and what was published for each order."""

from attribution.domain.commissions.state import Ledger, OrderTerms
from attribution.domain.decisions.standing import StandingDecision
from attribution.domain.orders.order import OrderFacts
from attribution.domain.touches.history import History


class Order:
    """An order line: its facts, standing decision, terms and ledger.

    ``terms`` is set if and only if ``standing`` is. ``dependencies`` are the fingerprints that were last
    saved of the reference records that the order depends on (None: not known).
    """

    __slots__ = ("dependencies", "facts", "ledger", "order_id", "standing", "terms")

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        self.facts = OrderFacts()
        self.standing: StandingDecision | None = None
        self.terms: OrderTerms | None = None
        self.ledger = Ledger()
        self.dependencies: bytes | None = None


class Buyer:
    """One buyer: the history of touches, and the orders by order_id.

    No decided order was placed after ``latest_placed`` (ms), so later interactions affect none. Segments
    before ``retention_start`` have been dropped from the history.
    """

    __slots__ = ("buyer_id", "history", "latest_placed", "orders", "retention_start")

    def __init__(self, buyer_id: str) -> None:
        self.buyer_id = buyer_id
        self.history = History()
        self.orders: dict[str, Order] = {}
        self.latest_placed = -1
        self.retention_start = 0
