"""Logs: one line per event, without ids."""

import json
from datetime import datetime, timedelta

import pytest
import structlog

from attribution.config.logging import configure_logs
from attribution.config.settings import Log


def test_json_with_the_time_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log())
    structlog.get_logger().info("run started", input="data/")
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert at.utcoffset() == timedelta(0)
    assert line == {"event": "run started", "level": "info", "input": "data/"}
    assert captured.out == ""


def test_a_console_line_has_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log(format="console"))
    structlog.get_logger().info("run started", input="data/")
    assert "\x1b" not in (line := capsys.readouterr().err)
    assert "run started" in line
    assert "input=data/" in line


def test_ids_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log())
    structlog.get_logger().warning("odd", buyer_id="b-17", order_id="o-17", link_id="l-17", topic="orders")
    assert "-17" not in (line := capsys.readouterr().err)
    assert json.loads(line)["topic"] == "orders"


@pytest.mark.parametrize(
    ("settings", "quiet", "written"),
    [
        (Log(), False, ["info", "warning"]),
        (Log(), True, ["warning"]),
        (Log(level="debug"), False, ["debug", "info", "warning"]),
        (Log(level="error"), False, []),
    ],
)
def test_the_level_decides(
    settings: Log, quiet: bool, written: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings, quiet=quiet)
    log = structlog.get_logger()
    log.debug("one")
    log.info("two")
    log.warning("three")
    assert [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()] == written
