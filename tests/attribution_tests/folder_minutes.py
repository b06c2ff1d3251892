"""Reports how many minutes each test folder took, at the end of a run."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Final

import pytest

_LEVELS: Final = 4
"""Folders below these are counted with their parent: ``tests/attribution_tests/hosts/kafka``."""


def folder_of(node_id: str) -> str:
    """Return the folder of a test, as it is reported.

    >>> folder_of("tests/attribution_tests/commands/simulate/market/test_rooms.py::test_rooms")
    'tests/attribution_tests/commands/simulate'
    """
    return "/".join(PurePosixPath(node_id.partition("::")[0]).parent.parts[:_LEVELS])


class FolderMinutes:
    """Adds up set-up, call and tear-down of all tests by folder."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        folder = folder_of(report.nodeid)
        self._seconds[folder] += report.duration  # type: ignore[assignment]
        self._tests[folder] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("minutes by folder")
        for folder, seconds in self._seconds.most_common():
            terminalreporter.line(f"{seconds / 60:6.2f} {self._tests[folder]:5} tests  {folder}")
        total = sum(self._seconds.values())
        terminalreporter.line(f"{total / 60:6.2f} {sum(self._tests.values()):5} tests  in all")
