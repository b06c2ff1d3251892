"""What is posted is kept by component and subject: postings of each component, in their order, undone by themselves."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from attribution.domain.commissions import components
from attribution.domain.commissions.amounts import net_amount
from attribution.domain.commissions.commission import Basis, bucket_of
from attribution.domain.commissions.components import Expected, expected_balances
from attribution.domain.commissions.ledger import Cause, Subject, post
from attribution.domain.commissions.state import Balances, Ledger
from attribution.domain.commissions.terms import order_terms
from attribution.domain.decisions.decide import decide
from attribution.domain.orders.lifecycle import lifecycle_of
from attribution.domain.records.events import OrderEvent, OrderPaid
from attribution.domain.records.outputs import Posting
from attribution_tests.domain.little_world import (
    click,
    closed,
    context,
    fact,
    order,
    paid,
    received,
    refunded,
)

CORRECTED: Final = Cause("cause", 1, "corrected")
SUBJECT: Final = Subject("O", "O", 1)
FIVE: Final = Balances({("platform", "settled"): -5, ("promoter:P", "settled"): 5})


def coffee(basis: Basis) -> Iterator[Expected]:
    """Yield a made-up incentive: the platform gives the buyer 1 % of what is left of the order."""
    amount = net_amount(basis.paid, basis.lifecycle) // 100
    bucket, buyer = bucket_of(basis.lifecycle), f"buyer:{basis.paid.buyer_id}"
    yield "coffee", Balances({("platform", bucket): -amount, (buyer, bucket): amount})


@pytest.fixture(autouse=True)
def _coffee(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "COMPONENTS", (*components.COMPONENTS, coffee))


def posted(ledger: Ledger, *events: OrderEvent, of: OrderPaid | None = None) -> list[Posting]:
    """Post what the ledger lacks after these events."""
    paid_event = paid() if of is None else of
    terms = order_terms(decide(context(click(), ordered=paid_event)))
    facts = order(*(fact(event) for event in (paid_event, *events)))
    lifecycle = lifecycle_of(facts, paid_event, terms.settle_after_ms, 0)
    expected = expected_balances(Basis(paid_event, terms, lifecycle))
    return post(SUBJECT, ledger, paid_event.currency, expected, CORRECTED)


def summed(postings: list[Posting]) -> Counter[tuple[str, str, str]]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for one in postings:
        for line in one.lines:
            sums[one.currency, line.account, line.bucket] += line.amount
    return Counter({key: amount for key, amount in sums.items() if amount})


def test_each_component_has_a_posting_of_its_own_after_the_commission() -> None:
    ledger = Ledger()
    postings = posted(ledger)
    assert [(one.posting_id, one.kind) for one in postings] == [("O:1", "estimated"), ("O:2", "incentive")]
    assert {line.account for line in postings[1].lines} == {"platform", "buyer:B"}
    assert set(ledger.posted) == {"commission", "coffee"}


def test_a_refund_takes_part_of_each_back() -> None:
    ledger = Ledger()
    posted(ledger)
    postings = posted(ledger, refunded("r", 2_500))
    assert [(one.seq, one.kind) for one in postings] == [(3, "corrected"), (4, "incentive_reversed")]
    assert [line.amount for line in postings[1].lines] == [-25, 25]


def test_nothing_is_posted_twice() -> None:
    ledger = Ledger()
    posted(ledger)
    assert posted(ledger) == []


def test_a_closed_order_takes_everything_back() -> None:
    ledger = Ledger()
    postings = posted(ledger) + posted(ledger, received()) + posted(ledger, received(), closed())
    assert summed(postings) == {}
    assert [one.seq for one in postings] == list(range(1, len(postings) + 1))


def test_another_currency_reverses_each_component_in_the_old_one() -> None:
    ledger = Ledger()
    postings = posted(ledger) + posted(ledger, of=paid(currency="USD"))
    assert [one.currency for one in postings] == ["CNY", "CNY", "CNY", "CNY", "USD", "USD"]
    assert {currency for currency, _, _ in summed(postings)} == {"USD"}


@pytest.mark.parametrize("name", ["campaign:C", "task:C:e1"])
def test_a_ledger_may_belong_to_another_subject(name: str) -> None:
    """A campaign's bonus and a task's incentive have no order, no decision and no origin."""
    ledger = Ledger()
    postings = post(Subject(name), ledger, "CNY", [("bonus", FIVE)], CORRECTED)
    postings += post(Subject(name), ledger, "CNY", [("bonus", Balances({}))], CORRECTED)
    assert [(one.posting_id, one.subject, one.kind) for one in postings] == [
        (f"{name}:1", name, "incentive"),
        (f"{name}:2", name, "incentive_reversed"),
    ]
    assert (postings[0].order_id, postings[0].decision_revision, postings[0].pid) == (None, None, None)
    assert summed(postings) == {}


def test_what_is_no_longer_expected_is_reversed() -> None:
    """A new decision may have another policy, with other incentives."""
    ledger = Ledger()
    postings = post(SUBJECT, ledger, "CNY", [("tea", FIVE), ("milk", FIVE)], CORRECTED)
    postings += post(SUBJECT, ledger, "CNY", [("milk", FIVE)], CORRECTED)
    assert [one.kind for one in postings] == ["incentive", "incentive", "incentive_reversed"]
    assert summed(postings) == summed(postings[1:2])
    assert post(SUBJECT, ledger, "CNY", [("milk", FIVE)], CORRECTED) == []


def test_what_is_no_longer_expected_is_reversed_in_its_currency() -> None:
    ledger = Ledger()
    postings = post(SUBJECT, ledger, "CNY", [("tea", FIVE)], CORRECTED)
    postings += post(SUBJECT, ledger, "USD", [("milk", FIVE)], CORRECTED)
    assert [one.currency for one in postings] == ["CNY", "CNY", "USD"]
    assert {currency for currency, _, _ in summed(postings)} == {"USD"}


def test_a_penalty_is_a_kind_of_its_own_both_ways() -> None:
    ledger = Ledger()
    postings = post(SUBJECT, ledger, "CNY", [("penalty", FIVE)], CORRECTED)
    postings += post(SUBJECT, ledger, "CNY", [("penalty", Balances({}))], CORRECTED)
    assert [one.kind for one in postings] == ["penalty", "penalty"]


def test_a_component_that_is_expected_twice_is_a_defect() -> None:
    with pytest.raises(ValueError, match="O: a component is expected twice"):
        post(SUBJECT, Ledger(), "CNY", [("tea", FIVE), ("tea", FIVE)], CORRECTED)


def test_the_first_posting_of_a_commission_is_estimated_whatever_came_before() -> None:
    """An organic order may have an incentive first, and a commission when a late click is credited."""
    ledger = Ledger()
    postings = post(SUBJECT, ledger, "CNY", [("commission", Balances({})), ("tea", FIVE)], CORRECTED)
    for owed in (FIVE, Balances({}), FIVE):
        postings += post(SUBJECT, ledger, "CNY", [("commission", owed), ("tea", FIVE)], CORRECTED)
    assert [one.kind for one in postings] == ["incentive", "estimated", "corrected", "corrected"]
