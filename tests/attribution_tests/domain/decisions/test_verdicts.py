"""The table of verdicts is the contract's list; a new verdict is a row and a function of one file."""

import json
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import attribution
from attribution.domain.decisions.verdicts import VERDICTS
from attribution_tests import TESTS

LINK_POLICIES: Final = "a link policy's own code"
CONTRACT: Final = (
    "UNKNOWN_LINK",
    "LINK_NOT_VALID",
    "PROMOTER_NOT_ENROLLED",
    "PROMOTER_SANCTIONED",
    LINK_POLICIES,
    "SELF_REFERRAL",
    "CLICK_TOO_FAST",
    "CLICK_FLOOD",
    "OUT_OF_WINDOW",
    "SCOPE_MISMATCH",
    "NO_ROOM_ENTRY",
    "CROSS_ROOM",
    "LOST_TO_COUPON",
    "LOST_TO_CLASS",
    "OUTRANKED",
    "CREDITED",
)
NOT_IMPLEMENTED: Final = {"PROMOTER_SANCTIONED", "CLICK_FLOOD"}
COMPARE_TOUCHES: Final = {"LOST_TO_COUPON", "LOST_TO_CLASS", "OUTRANKED", "CREDITED"}

FUNCTION: Final = """
def _made_up(context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction) -> bool:
    return interaction.event_id == "made-up"
"""
ROW: Final = """
    Verdict(VerdictCode("MADE_UP"), "The touch is made up.", _made_up),
"""
PROGRAM: Final = """
import inspect, json
from attribution.commands.schemas.reference_pages.pages import generated
from attribution.domain.decisions import evaluation, verdicts
from attribution.metrics.definitions import COUNTS
from attribution_tests.domain import little_world as world

(metric,) = [one for one in COUNTS if one.name == "attribution_verdicts_total"]
print(json.dumps({
    "file": verdicts.__file__,
    "function": inspect.getsource(evaluation.first_rejection),
    "labels": metric.known,
    "page": generated()["codes.md"].decode(),
    "verdicts": world.verdicts(world.context(world.click("made-up"), world.click("c", link_id="nowhere"))),
}))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the program, so that a test may change its files."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(Path(attribution.__file__).parent, tmp_path / "attribution", ignore=ignored)


def reported(package: Path) -> dict[str, Any]:
    """Return what a copy of the program says of its verdicts."""
    environment = {"PYTHONPATH": f"{package.parent}:{TESTS}"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["file"].startswith(str(package))
    return report


def test_the_table_is_in_the_order_of_the_contract() -> None:
    assert [verdict.code for verdict in VERDICTS] == [code for code in CONTRACT if code != LINK_POLICIES]


def test_all_other_verdicts_have_a_rule() -> None:
    without = {verdict.code for verdict in VERDICTS if verdict.rejects is None}
    assert without == NOT_IMPLEMENTED | COMPARE_TOUCHES


def test_a_row_and_a_function_make_a_verdict(package: Path) -> None:
    path = package / "domain" / "decisions" / "verdicts.py"
    before, table, rows = path.read_text().partition("\nVERDICTS: Final[tuple[Verdict, ...]] = (")
    path.write_text(before + FUNCTION + table + ROW + rows)
    report = reported(package)
    assert report["labels"] == ["MADE_UP", *(verdict.code for verdict in VERDICTS)]
    assert "| `MADE_UP` | The touch is made up. |" in report["page"]
    assert "if interaction.event_id == 'made-up':" in report["function"]
    assert report["verdicts"] == {"made-up": "MADE_UP", "c": "UNKNOWN_LINK"}


def test_rules_without_their_source_are_called(package: Path) -> None:
    path = package / "domain" / "decisions" / "verdicts.py"
    py_compile.compile(str(path), str(path.with_suffix(".pyc")), doraise=True)
    path.unlink()
    report = reported(package)
    assert report["function"].count("if rule_") == sum(verdict.rejects is not None for verdict in VERDICTS)
    assert report["verdicts"] == {"made-up": "CREDITED", "c": "UNKNOWN_LINK"}
