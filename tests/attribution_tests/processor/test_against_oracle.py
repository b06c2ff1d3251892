"""Compares small dense histories with the oracle, in total order and in other orders of arrival."""

from typing import Any, Final

import pytest

from attribution_tests.oracle import arrivals, shuffled
from attribution_tests.processor.against_oracle import check, decoded, outputs_of

SEEDS: Final = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_total_order(seed: int) -> None:
    history = arrivals(seed)
    check(history, outputs_of(history))


@pytest.mark.parametrize("salt", [0, 1_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_in_another_order_of_arrival(seed: int, salt: int) -> None:
    """The oracle computes from the history in total order. Only intermediate decisions may differ."""
    history = arrivals(seed)
    outputs = outputs_of(shuffled(history, seed + salt))
    check(history, outputs)


def test_the_histories_cover_what_they_should_test() -> None:
    """They cover every verdict and kind of posting under test, revisions, late touches and refusals."""
    found: dict[str, set[Any]] = {
        "verdicts": set(),
        "kinds": set(),
        "notes": set(),
        "codes": set(),
        "status": set(),
    }
    for seed in range(12):
        outputs = outputs_of(arrivals(seed))
        for decision in decoded(outputs, "decisions"):
            found["status"].add(decision["status"])
            found["verdicts"] |= {candidate["verdict"] for candidate in decision["candidates"]}
        for posting in decoded(outputs, "commissions"):
            found["kinds"].add(posting["kind"])
            found["notes"].add(posting.get("note"))
        found["codes"] |= {letter["code"] for letter in decoded(outputs, "dead-letters")}
    assert found == {
        "verdicts": {
            "UNKNOWN_LINK",
            "LINK_NOT_VALID",
            "PROMOTER_NOT_ENROLLED",
            "SELF_REFERRAL",
            "CLICK_TOO_FAST",
            "OUT_OF_WINDOW",
            "SCOPE_MISMATCH",
            "NO_ROOM_ENTRY",
            "CROSS_ROOM",
            "OUTRANKED",
            "CREDITED",
        },
        "kinds": {"estimated", "corrected", "reversed", "confirmed", "settled"},
        "notes": {None, "NO_CAMPAIGN", "DUST", "BELOW_MIN_ORDER", "CAP_REACHED"},
        "codes": {"CURRENCY_CLASH", "EVENT_ID_CLASH", "TOO_LATE"},
        "status": {"attributed", "organic", "late_touch"},
    }
