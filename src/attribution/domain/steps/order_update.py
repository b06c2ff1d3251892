"""Updates an order: publishes its decision if it is new, and posts what its ledger lacks."""

from collections import Counter
from collections.abc import Callable

from attribution.domain.commissions.commission import Basis
from attribution.domain.commissions.components import expected_balances
from attribution.domain.commissions.ledger import Cause, Subject, post
from attribution.domain.commissions.terms import order_terms
from attribution.domain.decisions.context import OrderContext
from attribution.domain.decisions.decide import MAX_TOUCHES, Derived, decide
from attribution.domain.decisions.lock import lock_of
from attribution.domain.decisions.snapshot import SnapshotCache
from attribution.domain.decisions.standing import StandingDecision
from attribution.domain.orders.lifecycle import lifecycle_of
from attribution.domain.orders.order import Fact
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import CreditRecord, Decision, DecisionBody, Posting, Status
from attribution.domain.steps.buyer import Buyer, Order
from attribution.domain.steps.ports import AttributeState, Output
from attribution.domain.touches.history import History

AsIfEarly = Callable[[], tuple[History, SnapshotCache]]
"""Returns the evidence as if its cause had been recorded in time."""


class OrderUpdate:
    """Derives an order's decision and ledger, and publishes what is new."""

    def __init__(self, state: AttributeState, output: Output) -> None:
        self._state = state
        self._output = output

    def is_open(self, order: Order) -> bool:
        """Return whether the state still holds all touches in range of an order."""
        return (
            order.standing is None or order.standing.range_from >= self._state.clock.evidence_complete_from()
        )

    def reconsider(
        self, buyer: Buyer, order: Order, timestamp: int, cause: Cause, as_if_early: AsIfEarly
    ) -> None:
        """Derive a decided order again after new evidence.

        Evidence with a record timestamp after the lock changes nothing. If it would have, a late_touch is
        published.
        """
        standing, paid = order.standing, order.facts.paid()
        if standing is None or paid is None:
            return
        if timestamp > standing.lock:
            self._publish_if_late(buyer, order, cause, as_if_early())
        elif not self.is_open(order):
            self._output.count("expired")
        else:
            self.publish(buyer, order, paid, cause)
            self.post(order, paid, cause)
            self._state.buyers.save_order(buyer, order)

    def publish(self, buyer: Buyer, order: Order, paid: Fact, cause: Cause) -> bool:
        """Derive the decision and publish it if it is new; return whether it is."""
        assert isinstance(paid.event, OrderPaid)  # noqa: S101
        snapshots = self._state.references.snapshots
        lock = lock_of(order.facts, paid, snapshots.catalogue)
        derived = decide(OrderContext(buyer.buyer_id, buyer.history, paid.event, lock, snapshots))
        before = order.standing
        buyer.latest_placed = max(buyer.latest_placed, paid.event.placed_at)
        is_new = before is None or before.digest != derived.digest
        order.standing = _standing(derived, (before.revision if before else 0) + is_new)
        order.terms = order_terms(derived)
        self._save_dependencies(buyer, order, derived, before)
        if is_new:
            self._publish(derived.body, order.standing.revision, cause)
        return is_new

    def post(self, order: Order, paid: Fact, cause: Cause) -> None:
        """Post the difference between the expected balances of a decided order and what was posted."""
        event, standing, terms = paid.event, order.standing, order.terms
        assert isinstance(event, OrderPaid) and standing is not None and terms is not None  # noqa: S101, PT018
        lifecycle = lifecycle_of(order.facts, event, terms.settle_after_ms, self._state.clock.now)
        order.ledger.has_settled = lifecycle.is_settled
        subject = Subject(order.order_id, order.order_id, standing.revision, terms.origin)
        expected = expected_balances(Basis(event, terms, lifecycle))
        for posting in post(subject, order.ledger, event.currency, expected, cause):
            self._emit_posting(posting)
        if lifecycle.settles_at is not None and not lifecycle.is_settled:
            self._state.timers.schedule(lifecycle.settles_at, event.buyer_id, order.order_id)

    def _save_dependencies(
        self, buyer: Buyer, order: Order, derived: Derived, before: StandingDecision | None
    ) -> None:
        placed_at = derived.context.placed_at
        if order.dependencies != derived.dependencies or before is None or before.placed_at != placed_at:
            order.dependencies = derived.dependencies
            self._state.dependents.save(derived.dependencies, (placed_at, buyer.buyer_id, order.order_id))

    def _publish_if_late(
        self, buyer: Buyer, order: Order, cause: Cause, early: tuple[History, SnapshotCache]
    ) -> None:
        """Publish a late_touch if the decision would differ, had the cause been recorded in time."""
        standing, paid = order.standing, order.facts.paid()
        assert standing is not None and paid is not None and isinstance(paid.event, OrderPaid)  # noqa: S101, PT018
        history, snapshots = early
        would_be = decide(OrderContext(buyer.buyer_id, history, paid.event, standing.lock, snapshots))
        if self.is_open(order) and would_be.digest == standing.digest:
            return
        as_is = decide(
            OrderContext(
                buyer.buyer_id, buyer.history, paid.event, standing.lock, self._state.references.snapshots
            )
        )
        if would_be.digest != as_is.digest:
            self._publish_late(as_is.body, standing, cause)

    def _publish(self, body: DecisionBody, revision: int, cause: Cause) -> None:
        decision = _decision(
            body,
            decision_id=f"{body.order_id}:{revision}",
            revision=revision,
            supersedes=f"{body.order_id}:{revision - 1}" if revision > 1 else None,
            cause=cause,
        )
        self._output.emit("decisions", body.order_id, decision)
        self._output.count("decisions", body.status)
        if revision > 1:
            self._output.count("revisions")
        for verdict, number in Counter(candidate.verdict for candidate in body.candidates).items():
            self._output.count("verdicts", verdict, number)
        if body.candidates_total > MAX_TOUCHES:
            self._output.count("unconsidered_touches", amount=body.candidates_total - MAX_TOUCHES)

    def _publish_late(self, body: DecisionBody, standing: StandingDecision, cause: Cause) -> None:
        decision = _decision(
            body,
            decision_id=f"{body.order_id}:{standing.revision}:late:{cause.event_id}",
            revision=standing.revision,
            supersedes=None,
            cause=cause,
            status="late_touch",
            credits_=standing.credits,
        )
        self._output.emit("decisions", body.order_id, decision)
        self._output.count("decisions", "late_touch")

    def _emit_posting(self, posting: Posting) -> None:
        self._output.emit("commissions", posting.subject, posting)
        self._output.count("postings", posting.kind)
        self._output.count("money", f"{posting.kind} {posting.currency}", _money_moved(posting))


def _standing(derived: Derived, revision: int) -> StandingDecision:
    context = derived.context
    return StandingDecision(
        revision=revision,
        digest=derived.digest,
        lock=context.lock,
        placed_at=context.placed_at,
        range_from=context.range_from,
        credits=derived.body.credits,
    )


def _decision(
    body: DecisionBody,
    *,
    decision_id: str,
    revision: int,
    supersedes: str | None,
    cause: Cause,
    status: Status | None = None,
    credits_: list[CreditRecord] | None = None,
) -> Decision:
    return Decision(
        decision_id=decision_id,
        order_id=body.order_id,
        revision=revision,
        supersedes=supersedes,
        status=status or body.status,
        placed_at=body.placed_at,
        model=body.model,
        window_from=body.window_from,
        credits=body.credits if credits_ is None else credits_,
        path=body.path,
        candidates=body.candidates,
        candidates_total=body.candidates_total,
        cause_event_id=cause.event_id,
    )


def _money_moved(posting: Posting) -> int:
    """Return how much a posting moves: its positive amounts, summed in the bucket with the largest sum."""
    added: Counter[str] = Counter()
    for line in posting.lines:
        added[line.bucket] += max(line.amount, 0)
    return max(added.values(), default=0)
