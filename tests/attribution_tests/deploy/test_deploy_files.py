"""The deployment files: valid for the tools that read them, and consistent with the program."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import typer
import yaml
from prometheus_client import CollectorRegistry

from attribution.cli import app
from attribution.config.environment import variables_in
from attribution.config.settings import Settings
from attribution.metrics.definitions import DEFINITIONS, ON_KAFKA
from attribution.metrics.server import Health, MetricsServer
from attribution_tests import REPOSITORY

DEPLOY: Final = REPOSITORY / "deploy"
UNITS: Final = {"m": 2**20, "g": 2**30}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


COMPOSE: Final = loaded(REPOSITORY / "docker-compose.yml")
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
PROGRAM: Final = SERVICES["attribution"]
PROMETHEUS: Final = loaded(DEPLOY / "prometheus.yml")
ALERTS: Final = [rule for group in loaded(DEPLOY / "alerts.yml")["groups"] for rule in group["rules"]]
ALERT_NAMES: Final = [rule["alert"] for rule in ALERTS]


def promtool(*arguments: str) -> str:
    program = shutil.which("promtool")
    assert program is not None, (
        "promtool is missing: install Debian's prometheus, or put promtool on the PATH"
    )
    done = subprocess.run([program, *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Prometheus


def test_prometheus_accepts_its_configuration() -> None:
    assert "1 rule files found" in promtool("check", "config", "--lint-fatal", "prometheus.yml")


def test_prometheus_accepts_the_alerts() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", "--lint-fatal", "alerts.yml")


def test_operate_says_what_to_do_about_each_alert() -> None:
    pages = (REPOSITORY / "docs" / "operate.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (Attribution\w+) \| \S", pages, re.MULTILINE) == ALERT_NAMES


def test_alerts_fire_when_they_should() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


@pytest.mark.parametrize("alert", ALERTS, ids=ALERT_NAMES)
def test_an_alert_reads_existing_metrics(alert: dict[str, Any]) -> None:
    named = set(re.findall(r"\battribution_\w+", alert["expr"]))
    assert named <= {one.name for one in (*DEFINITIONS, *ON_KAFKA)}
    assert named or 'up{job="attribution"}' in alert["expr"]


@pytest.mark.parametrize("alert", ALERTS, ids=ALERT_NAMES)
def test_an_alert_says_what_is_wrong_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook"}
    for text in alert["annotations"].values():
        assert len(text.splitlines()) == 1


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_an_alert_is_tested_firing_and_silent(name: str) -> None:
    tests = loaded(DEPLOY / "alerts_test.yml")["tests"]
    by_name = [
        case for test in tests for case in test.get("alert_rule_test", []) if case["alertname"] == name
    ]
    by_query = [
        case
        for test in tests
        for case in test.get("promql_expr_test", [])
        if f'"{name}"' in case["expr"] and "firing" in case["expr"]
    ]
    assert any(case.get("exp_alerts") for case in by_name) or any(
        case.get("exp_samples") for case in by_query
    )
    assert any(not case.get("exp_alerts") for case in by_name)


def test_prometheus_scrapes_a_service_at_its_configured_port() -> None:
    (job,) = PROMETHEUS["scrape_configs"]
    ((target,),) = [static["targets"] for static in job["static_configs"]]
    service, port = target.split(":")
    assert SERVICES[service]["environment"]["ATTRIBUTION_HTTP__PORT"] == port
    assert SERVICES[service]["environment"]["ATTRIBUTION_HTTP__HOST"] == "0.0.0.0"  # noqa: S104 - in a container


def test_the_memory_alert_uses_the_limit_of_the_container() -> None:
    limit = PROGRAM["mem_limit"]
    (rule,) = [rule for rule in ALERTS if rule["alert"] == "AttributionMemoryNearLimit"]
    assert UNITS[limit[-1]] * int(limit[:-1]) == 2 * 2**30
    assert rule["expr"] == "attribution_resident_memory_bytes > 0.8 * 2 * 1024 ^ 3"


# Compose


class Mount(NamedTuple):
    source: str
    target: str
    mode: str


def mounts_of(service: dict[str, Any]) -> list[Mount]:
    return [Mount(*(*volume.split(":"), "rw")[:3]) for volume in service.get("volumes", [])]


def parsed(command: list[str]) -> dict[str, Any]:
    """Return the parameters that the program reads from a command line; wrong ones raise."""
    group: Any = typer.main.get_command(app)
    name, *arguments = command
    with group.commands[name].make_context(name, arguments) as context:
        return dict(context.params)


def test_the_program_accepts_the_command() -> None:
    parameters = parsed(PROGRAM["command"])
    assert parameters["follow"] is True
    assert parameters["input_"] == "/data/input"
    assert parameters["output"] == Path("/data/output")
    assert parameters["state"] == Path("/data/state/attribution.db")


def test_the_check_of_the_command_finds_an_unknown_option() -> None:
    with pytest.raises(Exception, match="--no-such-option"):
        parsed([*PROGRAM["command"], "--no-such-option"])


def test_output_and_state_lie_in_volumes_and_input_is_read_only() -> None:
    parameters = parsed(PROGRAM["command"])
    modes = {mount.target: mount.mode for mount in mounts_of(PROGRAM)}
    assert modes[parameters["input_"]] == "ro"
    assert modes[str(parameters["output"])] == "rw"
    assert modes[str(parameters["state"].parent)] == "rw"
    assert PROGRAM["read_only"] is True


def test_the_environment_sets_only_known_settings() -> None:
    settings = variables_in(PROGRAM["environment"], Settings)
    assert {setting.name for setting in settings} == set(PROGRAM["environment"])


def test_ports_are_published_on_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service["ports"]]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


def test_volumes_are_declared_and_files_exist() -> None:
    for mount in [mount for service in SERVICES.values() for mount in mounts_of(service)]:
        if not mount.source.startswith("."):
            assert mount.source in COMPOSE["volumes"]
        elif mount.source != "./data/input":
            assert (REPOSITORY / mount.source).is_file()


def test_prometheus_finds_its_rules_beside_its_configuration() -> None:
    targets = {mount.target for mount in mounts_of(SERVICES["prometheus"])}
    beside = {f"/etc/prometheus/{name}" for name in ("prometheus.yml", *PROMETHEUS["rule_files"])}
    assert beside <= targets


# Dockerfile


class Instruction(NamedTuple):
    word: str
    rest: str


def instructions() -> Iterator[Instruction]:
    """Yield the instructions of the Dockerfile, with continued lines joined and without comments."""
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield Instruction(word, " ".join(rest.split()))


def the(word: str) -> str:
    return [one.rest for one in instructions() if one.word == word][-1]


def copied() -> list[str]:
    """Return the sources copied from the repository, not from another stage."""
    copies = [shlex.split(one.rest) for one in instructions() if one.word == "COPY"]
    return [source for words in copies if not words[0].startswith("--from") for source in words[:-1]]


def test_compose_builds_this_dockerfile() -> None:
    assert PROGRAM["build"] == {"context": ".", "dockerfile": "deploy/Dockerfile"}


@pytest.mark.parametrize("source", copied())
def test_copied_files_exist_and_are_not_ignored(source: str) -> None:
    assert (REPOSITORY / source).exists()
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert f"!{source}" in ignored


def test_only_hashed_wheels_are_installed() -> None:
    installing = [part for one in instructions() if one.word == "RUN" for part in one.rest.split("&&")]
    fetching = [
        part for part in installing if "pip" in part and "--no-index" not in part and "venv" not in part
    ]
    (download,) = fetching
    assert "--require-hashes" in download
    assert "--only-binary :all:" in download


def test_the_program_runs_as_an_unprivileged_user() -> None:
    assert the("USER") == "10001:10001"
    assert [one.word for one in instructions()].index("USER") > [
        place for place, one in enumerate(instructions()) if one.word == "FROM"
    ][-1]


def test_the_entry_point_is_a_script_of_the_package() -> None:
    (script,) = json.loads(the("ENTRYPOINT"))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert script in project["project"]["scripts"]


def health_check(port: int) -> int:
    """Run the health check as the container engine does, against another port."""
    _, command = the("HEALTHCHECK").split("CMD ")
    python, *arguments = json.loads(command)
    assert python == "python"
    assert PROGRAM["environment"]["ATTRIBUTION_HTTP__PORT"] == the("EXPOSE") == "8080"
    changed = [argument.replace(":8080/", f":{port}/") for argument in arguments]
    return subprocess.run([sys.executable, *changed], capture_output=True, check=False).returncode


def test_the_health_check_fails_without_an_answer() -> None:
    with MetricsServer(
        "127.0.0.1", 0, CollectorRegistry(), lambda: Health(is_ready=False, doing="opening")
    ) as server:
        assert health_check(server.port) == 0
    assert health_check(server.port) == 1
