"""Publishes decisions: a revision when the evidence says something else, a late_touch when it would have."""

from collections import Counter

from attribution.domain.commissions.ledger import Cause
from attribution.domain.commissions.terms import origin_of, terms_of
from attribution.domain.decisions.context import Case
from attribution.domain.decisions.decide import MAX_TOUCHES, Derived, decide
from attribution.domain.decisions.lock import lock_of
from attribution.domain.orders.order import Fact, Order
from attribution.domain.orders.published import Standing
from attribution.domain.records.events import OrderPaid
from attribution.domain.records.outputs import CreditRecord, Decision, DecisionBody, Status
from attribution.domain.references.catalogue import Catalogue
from attribution.domain.steps.ports import AttributeState, Output
from attribution.domain.touches.history import Buyer


class Judge:
    """Derives the decision of an order and publishes what is new about it."""

    def __init__(self, state: AttributeState, output: Output) -> None:
        self._state = state
        self._output = output

    def is_open(self, order: Order) -> bool:
        """Tell whether all touches that an order's decision rests on are still there."""
        return order.standing is None or order.standing.considers_from >= self._state.remembers_from()

    def judge(self, buyer: Buyer, order: Order, paid: Fact, cause: Cause) -> bool:
        """Derive the decision; publish it if it is new. Tell whether it is."""
        assert isinstance(paid.event, OrderPaid)  # noqa: S101
        lock = lock_of(order, paid, self._state.catalogue)
        derived = decide(Case(buyer, paid.event, lock, self._state.catalogue))
        before = order.standing
        buyer.latest_placed = max(buyer.latest_placed, paid.event.placed_at)
        is_new = before is None or before.digest != derived.digest
        revision = (before.revision if before else 0) + is_new
        order.standing = _standing(derived, revision)
        if order.watched != derived.watched or before is None or before.placed_at != paid.event.placed_at:
            order.watched = derived.watched
            self._state.watch(derived.watched, paid.event.placed_at, buyer.buyer_id, order.order_id)
        if is_new:
            self._publish(derived.body, revision, cause)
        return is_new

    def judge_late(self, buyer: Buyer, order: Order, cause: Cause, if_early: tuple[Buyer, Catalogue]) -> None:
        """Publish a late_touch if the decision would be another, had its cause been recorded early."""
        standing, paid = order.standing, order.paid()
        assert standing is not None and paid is not None and isinstance(paid.event, OrderPaid)  # noqa: S101, PT018
        would_be = decide(Case(if_early[0], paid.event, standing.lock, if_early[1]))
        if self.is_open(order) and would_be.digest == standing.digest:
            return
        as_is = decide(Case(buyer, paid.event, standing.lock, self._state.catalogue))
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

    def _publish_late(self, body: DecisionBody, standing: Standing, cause: Cause) -> None:
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


def _standing(derived: Derived, revision: int) -> Standing:
    case = derived.case
    return Standing(
        revision=revision,
        digest=derived.digest,
        lock=case.lock,
        placed_at=case.paid.placed_at,
        considers_from=case.considers_from,
        credits=derived.body.credits,
        terms=[terms_of(case, credit) for credit in derived.credits],
        origin=origin_of(case, derived.credits),
        least_payable=case.policy.least_payable,
        settle_after_ms=case.policy.settle_after_ms,
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
