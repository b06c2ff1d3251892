"""Plays every scenario file in this folder, and compares the outcome with what the file expects."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from attribution_tests.scenarios.scenario_play import Outcome, amounts, play

FILES: Final = sorted(Path(__file__).parent.glob("*.yaml"))


def load(path: Path) -> Any:
    """Load a file with every scalar as text: 10:00 is a time, and 10.00 is not a float."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - it returns only text


def check_decisions(outcome: Outcome, expected: dict[str, Any]) -> None:
    assert {one["order_id"] for one in outcome.decisions} == set(expected)
    for order_id, order in expected.items():
        wanted = {"verdicts": {}, "revisions": "1", "late_touches": "0", **order}
        assert (order_id, outcome.decided(order_id)) == (order_id, wanted)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    scenario = load(path)
    expected = scenario["expected"]
    outcome = play(scenario)
    check_decisions(outcome, expected["decisions"])
    assert outcome.ledger() == amounts(expected.get("ledger", {}))
    assert outcome.kinds() == expected.get("postings", {})
    assert outcome.dead_letters == expected.get("dead_letters", [])
    carried = outcome.carried()
    for order_id, wanted in expected.get("carries", {}).items():
        assert {name: carried[order_id].get(name, "none") for name in wanted} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_has_a_title_and_a_balanced_ledger(path: Path) -> None:
    """The expected amounts of each order add up to 0: payers are listed as well as payees."""
    scenario = load(path)
    assert set(scenario) == {"title", "shows", "reference", "events", "expected"}
    assert scenario["title"]
    assert scenario["shows"]
    for sums in scenario["expected"].get("ledger", {}).values():
        assert sum(int(amount.replace(".", "")) for amount in sums.values()) == 0
