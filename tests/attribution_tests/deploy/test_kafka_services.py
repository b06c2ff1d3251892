"""The Kafka services of the Compose file: consistent with the program and with each other."""

from typing import Any, Final

import pytest
import typer
import yaml

from attribution.cli import app
from attribution.config.environment import variables_in
from attribution.config.settings import Settings
from attribution_tests import REPOSITORY

SERVICES: Final[dict[str, Any]] = yaml.safe_load(
    (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]
WORKER: Final = SERVICES["worker"]


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_the_program_accepts_the_command(name: str) -> None:
    command: Any = typer.main.get_command(app)
    words = list(SERVICES[name]["command"])
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    with command.make_context(name, words) as context:
        assert context.args == []


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_the_environment_sets_only_known_settings(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert {setting.name for setting in variables_in(environment, Settings)} == set(environment)


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_the_broker_is_reached_at_its_advertised_listener(name: str) -> None:
    advertised = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert f"INSIDE://{SERVICES[name]['environment']['ATTRIBUTION_KAFKA__BOOTSTRAP']}" in advertised


def test_the_worker_waits_for_topics_and_topics_for_the_broker() -> None:
    assert WORKER["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert "healthcheck" in SERVICES["kafka"]


def test_state_lies_in_a_volume_of_the_worker_alone() -> None:
    (volume,) = WORKER["volumes"]
    source, target = volume.split(":")
    assert target == WORKER["environment"]["ATTRIBUTION_STATE__DIRECTORY"]
    assert [name for name, one in SERVICES.items() if f"{source}:{target}" in one.get("volumes", [])] == [
        "worker"
    ]


def test_the_worker_is_as_confined_as_the_run() -> None:
    for key in ("image", "build", "read_only", "cap_drop", "security_opt", "mem_limit"):
        assert WORKER[key] == SERVICES["attribution"][key]
