"""The program as its users call it: in its own process, in a pipe."""

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

import attribution
from attribution.cli import app
from attribution.commands.demo.data import events
from attribution.config.render import STARS
from attribution.domain.records.currencies import money_text
from attribution.hosts.embedded.ndjson_writer import write_directory, write_stream
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.metrics.recorder import MetricsRecorder
from attribution.metrics.server import Health, MetricsServer
from attribution.processor.state_version import EMBEDDED, ON_KAFKA
from attribution_tests.program import ENVIRONMENT, PROGRAM, start

RECORDS = 1_500
SECURED = """
[kafka]
security_protocol = "SASL_SSL"
sasl_mechanism = "PLAIN"
username = "alice"
password = "hunter2"
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ATTRIBUTION_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ATTRIBUTION_HTTP__PORT", "0")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the first events of the demo."""
    path = tmp_path_factory.mktemp("data")
    write_directory(islice(events(), RECORDS), path)
    return path


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


COMMANDS = list(commands(typer.main.get_command(app), ("attribution",)))


# Help


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples(path: tuple[str, ...]) -> None:
    text = invoke(*path[1:], "--help").output
    assert "Usage: " in text
    is_plain = path[-1] in {"attribution", "reference", "topics", "config", "version"}
    assert is_plain or " ".join(path) in text.partition("Example")[2]


def test_all_commands_exist() -> None:
    paths = {" ".join(path[1:]) for path in COMMANDS}
    assert paths >= {"run", "demo", "simulate", "reference apply", "topology", "config check", "version"}
    assert paths >= {"topics plan", "topics apply"}


def test_run_says_which_policy_is_in_force() -> None:
    assert "ships with the package is in force" in invoke("run", "--help").output


def test_version() -> None:
    assert invoke("version").output.splitlines() == [
        f"attribution {attribution.__version__}",
        f"state version on Kafka: {ON_KAFKA.oldest} to {ON_KAFKA.number}",
        f"state version in a state file: {EMBEDDED.oldest} to {EMBEDDED.number}",
    ]


# Exit codes


def test_a_wrong_setting_is_78(data: Path, tmp_path: Path) -> None:
    done = start("run", "-i", data, "-o", tmp_path, ATTRIBUTION_HTTP__PORT="high")
    assert done.returncode == 78
    assert done.stderr.startswith("error: http.port: should be a valid integer")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_input_is_66(tmp_path: Path) -> None:
    done = start("run", "-i", tmp_path / "absent", "-o", tmp_path / "out", "--quiet")
    assert done.returncode == 66
    assert "absent does not exist" in done.stderr


def test_a_second_run_refuses_to_replace_the_output(data: Path, tmp_path: Path) -> None:
    assert start("run", "-i", data, "-o", tmp_path).returncode == 0
    before = (tmp_path / "decisions.ndjson").read_bytes()
    done = start("run", "-i", data, "-o", tmp_path, "--quiet")
    assert done.returncode == 73
    assert done.stderr.startswith("error: ")
    assert "--replace" in done.stderr
    assert (tmp_path / "decisions.ndjson").read_bytes() == before
    assert start("run", "-i", data, "-o", tmp_path, "--replace").returncode == 0


def test_too_little_memory_is_75(data: Path, tmp_path: Path) -> None:
    done = start("run", "-i", data, "-o", tmp_path, "-q", ATTRIBUTION_MEMORY__LIMIT_MB="1")
    assert done.returncode == 75
    assert "memory.limit_mb" in done.stderr


def test_a_system_error_is_74() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "version"],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr == "error: [Errno 28] No space left on device\n"


def test_an_interruption_is_130(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedRun, "run", interrupt)
    assert CliRunner().invoke(app, ["run", "-i", str(data), "-o", str(tmp_path)]).exit_code == 130


def test_wrong_usage_is_2() -> None:
    assert start("run").returncode == 2


# run


def test_the_summary_as_text(data: Path, tmp_path: Path) -> None:
    text = start("run", "-i", data, "-o", tmp_path).stdout
    titles = [line.split("  ")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    assert titles == [
        *("records read", "decisions", "postings", "money in postings", "dead letters", "expired"),
        *("time", "memory", "written to"),
    ]
    assert f"{RECORDS:,}" in text.splitlines()[0]
    assert "\x1b" not in text


def test_the_summary_as_json_agrees_with_the_files(data: Path, tmp_path: Path) -> None:
    summary = json.loads(start("run", "-i", data, "-o", tmp_path, "--json", "--quiet").stdout)
    assert summary["records_total"] == sum(summary["records"].values()) == RECORDS
    for topic, measure in (("decisions", "decisions"), ("commissions", "postings")):
        lines = Path(summary["files"][topic]).read_bytes().splitlines()
        assert sum(summary[measure].values()) == len(lines) > 0
    assert summary["money_minor_units"]["estimated"]["CNY"] > 0
    assert (summary["stopped"], summary["resumed"]) == (False, False)


def test_quiet_prints_nothing(data: Path, tmp_path: Path) -> None:
    done = start("run", "-i", data, "-o", tmp_path, "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_logs_are_lines_of_json_in_a_pipe(data: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in start("run", "-i", data, "-o", tmp_path).stderr.splitlines()]
    assert [line["event"] for line in lines] == ["metrics served", "run started", "run ended"]
    assert lines[-1]["records"] == RECORDS


def test_refused_records_are_a_warning_even_when_quiet(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text("no JSON\n")
    done = start("run", "-i", tmp_path / "events.ndjson", "-o", tmp_path, "--quiet")
    assert done.returncode == 0
    warning = json.loads(done.stderr)
    assert (warning["event"], warning["dead_letters"]) == ("records refused", 1)


def test_a_run_resumes_from_a_state_file(data: Path, tmp_path: Path) -> None:
    arguments = ("run", "-i", data, "-o", tmp_path / "out", "--state", tmp_path / "state.db", "--json")
    assert not json.loads(start(*arguments).stdout)["resumed"]
    again = json.loads(start(*arguments).stdout)
    assert again["resumed"]
    assert again["records_total"] == 0


def test_standard_input_is_read_to_its_end(tmp_path: Path) -> None:
    write_stream(islice(events(), RECORDS), tmp_path / "events.ndjson")
    with (tmp_path / "events.ndjson").open("rb") as file:
        done = subprocess.run(
            [*PROGRAM, "run", "-i", "-", "-o", str(tmp_path), "--json", "-q"],
            env=ENVIRONMENT,
            stdin=file,
            capture_output=True,
            check=True,
            timeout=60,
        )
    assert json.loads(done.stdout)["records_total"] == RECORDS


def test_a_port_in_use_is_a_warning(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health(is_ready=True, doing="something else")
    with MetricsServer("127.0.0.1", 0, MetricsRecorder().registry, lambda: health) as other:
        monkeypatch.setenv("ATTRIBUTION_HTTP__PORT", str(other.port))
        result = invoke("run", "-i", data, "-o", tmp_path, "--quiet")
    (line,) = result.stderr.splitlines()
    warning = json.loads(line)
    assert warning["level"] == "warning"
    assert warning["event"].startswith(
        f"metrics not served on 127.0.0.1:{other.port} (Address already in use)"
    )
    assert (tmp_path / "decisions.ndjson").stat().st_size


# demo


def test_demo_prints_tables_without_colours_in_a_pipe(tmp_path: Path) -> None:
    done = start("demo", "--output", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for expected in ("12 of 470 orders", "order-sess_", "all accounts", "CREDITED", "retentioneering 5.2.4"):
        assert expected in done.stdout
    tables = done.stdout.partition("At the last posting")[0]
    assert max(map(len, tables.splitlines())) <= 80
    (sums,) = [line.split() for line in tables.splitlines() if line.startswith("all accounts")]
    assert set(sums[3:]) == {"0.00"}


def test_demo_replaces_an_earlier_demo_and_nothing_else(tmp_path: Path) -> None:
    assert start("demo", "--output", tmp_path / "demo").returncode == 0
    before = (tmp_path / "demo" / "output" / "commissions.ndjson").read_bytes()
    assert start("demo", "--output", tmp_path / "demo").returncode == 0
    assert (tmp_path / "demo" / "output" / "commissions.ndjson").read_bytes() == before
    (tmp_path / "mine" / "input").mkdir(parents=True)
    (tmp_path / "mine" / "input" / "clicks.ndjson").write_text("{}")
    assert start("demo", "--output", tmp_path / "mine").returncode == 73
    assert (tmp_path / "mine" / "input" / "clicks.ndjson").read_text() == "{}"


# config


def test_config_check_prints_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"{SECURED}\n[http]\nport = 7")
    shown = json.loads(start("config", "check", "--config", tmp_path / "a.toml", "--json").stdout)
    assert shown["http"]["port"] == 0, "the variable overrides the file"
    assert shown["kafka"]["password"] == STARS


def test_config_check_refuses_an_unknown_key(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[http]\nprot = 7")
    done = start("config", "check", "--config", tmp_path / "a.toml")
    assert (done.returncode, done.stdout) == (78, "")
    assert "http.prot: no such key; did you mean http.port?" in done.stderr


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "CNY", "0.00"),
        (-5, "CNY", "-0.05"),
        (123_456, "USD", "1,234.56"),
        (1_500, "JPY", "1,500"),
        (1, "KWD", "0.001"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount: int, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text
