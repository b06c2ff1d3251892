"""The expected final outputs for every order."""

from dataclasses import dataclass, field
from typing import Any

from attribution.domain.records.reference import Policy

from .decision import decide
from .evidence import evidence, in_currency, lock, paid_fact
from .ledger import bucket, lines
from .reading import Arrival, Fact, facts, written
from .references import References


@dataclass
class Expected:
    """The last decision of each order, and the sums of its ledger by account and bucket, without zeros."""

    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    ledger: dict[tuple[str, str, str], int] = field(default_factory=dict)
    currency: dict[str, str] = field(default_factory=dict)


def by_order(accepted: list[Fact]) -> dict[str, list[Fact]]:
    orders: dict[str, list[Fact]] = {}
    for fact in accepted:
        if fact.topic == "orders":
            orders.setdefault(fact.event.order_id, []).append(fact)
    return orders


@dataclass(frozen=True)
class History:
    """The accepted facts, the reference versions, and the time of the latest tick (ms)."""

    references: References
    accepted: list[Fact]
    now: int


def history(arrivals: list[Arrival], default_policy: Policy) -> History:
    references = References(written(arrivals), default_policy)
    accepted = facts(arrivals, references)
    now = max((fact.event.occurred_at for fact in accepted if fact.topic == "ticks"), default=0)
    return History(references, accepted, now)


def expected(arrivals: list[Arrival], default_policy: Policy) -> Expected:
    """Derive each order by itself from all well-formed records, in the order of arrival."""
    whole, result = history(arrivals, default_policy), Expected()
    for order_facts in by_order(whole.accepted).values():
        paid = paid_fact(order_facts)
        if paid is not None:
            derive(result, whole, paid, in_currency(order_facts, paid.event.currency))
    return result


def derive(result: Expected, whole: History, paid: Fact, changes: list[Fact]) -> None:
    order_id = paid.event.order_id
    seen = evidence(paid, lock(paid, changes, whole.references), whole.accepted, whole.references)
    decision = decide(seen)
    result.decisions[order_id] = decision.body
    result.currency[order_id] = paid.event.currency
    for account, amount in lines(seen, decision.credits, changes).items():
        if amount != 0:
            result.ledger[order_id, account, bucket(seen, changes, whole.now)] = amount
