"""Each checker reports its own kind of violation, and nothing where nothing is wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from attribution_tests.chaos.checks.checkers import Evidence, Input, check
from attribution_tests.kafka_deployment.outputs import ByKey

ORDERS = 10_000

Change = Callable[[dict[str, ByKey]], None]


def decision(order: str, revision: int = 1, winner: str = "P1") -> bytes:
    row = {
        "decision_id": f"{order}:{revision}",
        "order_id": order,
        "revision": revision,
        "status": "attributed",
        "credits": [{"promoter_id": winner}],
    }
    return json.dumps(row).encode()


def posting(order: str, seq: int = 1, amount: int = 90, **changes: Any) -> bytes:
    lines = [
        {"account": "merchant:m", "bucket": "pending", "amount": -amount},
        {"account": "promoter:P1", "bucket": "pending", "amount": amount},
    ]
    row = {"posting_id": f"{order}:{seq}", "order_id": order, "seq": seq, "currency": "CNY", "lines": lines}
    return json.dumps(row | changes).encode()


def outputs(orders: int = ORDERS) -> dict[str, ByKey]:
    """Return two revisions and two postings for each order, and one dead letter."""
    names = [f"o{number}" for number in range(orders)]
    return {
        "decisions": {name: [decision(name), decision(name, 2, "P2")] for name in names},
        "commissions": {name: [posting(name), posting(name, 2, -30)] for name in names},
        "dead-letters": {"orders/0/3": [b"{}"]},
    }


def evidence(written: dict[str, ByKey], **more: Any) -> Evidence:
    return Evidence(written=written, expected=outputs(), **more)


def kinds(found: Evidence) -> set[str]:
    return {violation.kind for violation in check(found)}


def test_the_expected_output_has_no_violation() -> None:
    assert check(evidence(outputs(), bytes_too=True)) == []


def drop_decisions(written: dict[str, ByKey]) -> None:
    del written["decisions"]["o7"]


def drop_postings(written: dict[str, ByKey]) -> None:
    del written["commissions"]["o7"]


def drop_dead_letter(written: dict[str, ByKey]) -> None:
    written["dead-letters"].clear()


def drop_last_revision(written: dict[str, ByKey]) -> None:
    del written["decisions"]["o7"][1]


def drop_first_posting(written: dict[str, ByKey]) -> None:
    del written["commissions"]["o7"][0]


def drop_last_posting(written: dict[str, ByKey]) -> None:
    del written["commissions"]["o7"][1]


def repeat_decision(written: dict[str, ByKey]) -> None:
    written["decisions"]["o7"].append(written["decisions"]["o7"][1])


def repeat_posting(written: dict[str, ByKey]) -> None:
    written["commissions"]["o7"].append(written["commissions"]["o7"][1])


def repeat_dead_letter(written: dict[str, ByKey]) -> None:
    written["dead-letters"]["orders/0/3"] *= 2


def credit_another(written: dict[str, ByKey]) -> None:
    written["decisions"]["o7"][1] = decision("o7", 2, "P1")


def post_another_amount(written: dict[str, ByKey]) -> None:
    written["commissions"]["o7"][1] = posting("o7", 2, -29)


def lose_a_line(written: dict[str, ByKey]) -> None:
    lines = [{"account": "merchant:m", "bucket": "pending", "amount": 30}]
    written["commissions"]["o7"][1] = posting("o7", 2, lines=lines)


def swap_revisions(written: dict[str, ByKey]) -> None:
    written["decisions"]["o7"].reverse()


def decide_what_nobody_ordered(written: dict[str, ByKey]) -> None:
    written["decisions"]["o-none"] = [decision("o-none")]


def post_what_nobody_ordered(written: dict[str, ByKey]) -> None:
    written["commissions"]["o-none"] = [posting("o-none")]


@pytest.mark.parametrize(
    ("change", "caught_as"),
    [
        (drop_decisions, {"missing"}),
        (drop_postings, {"missing"}),
        (drop_dead_letter, {"missing"}),
        (drop_last_revision, {"wrong winner"}),
        (drop_first_posting, {"wrong sum", "gap in seq"}),
        (drop_last_posting, {"wrong sum"}),
        (repeat_decision, {"duplicate"}),
        (repeat_posting, {"duplicate", "wrong sum"}),
        (repeat_dead_letter, {"duplicate"}),
        (credit_another, {"wrong winner"}),
        (post_another_amount, {"wrong sum"}),
        (lose_a_line, {"unbalanced posting", "wrong sum"}),
        (swap_revisions, {"wrong winner", "gap in seq"}),
        (decide_what_nobody_ordered, {"unexpected"}),
        (post_what_nobody_ordered, {"unexpected"}),
    ],
)
def test_one_change_among_ten_thousand_orders_is_reported(change: Change, caught_as: set[str]) -> None:
    written = outputs()
    change(written)
    assert kinds(evidence(written)) == caught_as


def test_bytes_matter_only_where_all_input_was_there_before() -> None:
    written = outputs()
    written["decisions"]["o7"][0] = decision("o7", 1, "P3")
    assert kinds(evidence(written)) == set()
    assert kinds(evidence(written, bytes_too=True)) == {"other bytes"}


def test_a_processed_order_must_have_a_decision() -> None:
    written = outputs()
    del written["decisions"]["o7"]
    paid = [Input(1, 40, "o7"), Input(1, 41, "o8")]
    reached = evidence(written, paid=paid, positions=[(("orders", 1), 41)])
    assert kinds(reached) == {"missing", "offset beyond output"}
    assert kinds(replace(reached, positions=[(("orders", 1), 40)])) == {"missing"}
    assert kinds(replace(reached, positions=[(("orders", 2), 99)])) == {"missing"}


def test_no_position_may_be_beyond_the_end() -> None:
    place = ("clicks", 2)
    assert kinds(evidence(outputs(), positions=[(place, 10)], ends={place: 10})) == set()
    assert kinds(evidence(outputs(), positions=[(place, 11)], ends={place: 10})) == {"offset beyond output"}


def test_postings_that_cancel_out_equal_no_postings() -> None:
    written, expected = outputs(), outputs()
    expected["commissions"]["o7"] = [posting("o7"), posting("o7", 2, -90)]
    del written["commissions"]["o7"]
    assert check(Evidence(written=written, expected=expected)) == []
