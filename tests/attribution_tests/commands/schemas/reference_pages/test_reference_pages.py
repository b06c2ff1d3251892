"""The reference pages are those that the code generates, and leave nothing out."""

from pathlib import Path
from typing import Final, get_args

import pytest

from attribution.commands.schemas.reference_pages.__main__ import main
from attribution.commands.schemas.reference_pages.pages import generated
from attribution.config.settings import Settings
from attribution.domain.decisions.verdicts import VERDICTS
from attribution.domain.ingest import refusal
from attribution.domain.records.outputs import RefusalCode
from attribution.metrics.definitions import DEFINITIONS, ON_KAFKA
from attribution_tests import REPOSITORY

PAGES: Final = REPOSITORY / "docs" / "reference"


@pytest.mark.parametrize("name", generated())
def test_a_page_is_what_the_code_generates(name: str) -> None:
    assert (PAGES / name).read_bytes() == generated()[name], "run make schemas"


def test_no_other_page_lies_there() -> None:
    assert {path.name for path in PAGES.iterdir()} == set(generated())


def test_each_setting_has_a_row_with_what_it_does() -> None:
    sections = Settings().model_dump()
    rows = [
        line.split(" | ")
        for line in generated()["settings.md"].decode().splitlines()
        if line.startswith("| `")
    ]
    assert [row[0].strip("| `") for row in rows] == [key for keys in sections.values() for key in keys]
    assert all(row[3] for row in rows)


def test_each_metric_and_code_has_a_row() -> None:
    assert all(f"| `{one.name}` |" in generated()["metrics.md"].decode() for one in (*DEFINITIONS, *ON_KAFKA))
    assert all(
        f"| `{code}` |" in generated()["codes.md"].decode()
        for code in (*(verdict.code for verdict in VERDICTS), *get_args(RefusalCode))
    )


def test_each_code_has_one_sentence() -> None:
    assert list(refusal.MEANINGS) == list(get_args(RefusalCode))
    for text in (*(verdict.meaning for verdict in VERDICTS), *refusal.MEANINGS.values()):
        assert text.endswith(".")
        assert text[:-1].count(". ") == 0


def test_the_pages_are_written_where_told(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == generated()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["a", "b"]])
def test_wrong_usage_writes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert not list(tmp_path.iterdir())
