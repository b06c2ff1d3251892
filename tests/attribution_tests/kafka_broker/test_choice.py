"""The choice of the Kafka that the tests and `make kafka` run on."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attribution_tests import TESTS
from attribution_tests.kafka_broker import NoKafkaError, provided
from attribution_tests.kafka_broker.ports import free_ports, is_free
from attribution_tests.kafka_deployment.clients import DEADLINE_SECONDS, VALUE, there_and_back


def test_a_transaction_is_read(bootstrap: str, prefix: str) -> None:
    assert asyncio.run(there_and_back(f"{prefix}orders", {"bootstrap_servers": bootstrap})) == VALUE


def test_kafka_bootstrap_comes_first(bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", bootstrap)
    with provided(tmp_path) as address:
        assert address == bootstrap
    assert not list(tmp_path.iterdir())


def test_without_any_kafka_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(NoKafkaError, match="apt-get install default-jdk-headless maven"),
        provided(tmp_path),
    ):
        pass


def test_cleans_up_when_interrupted(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    environment = {name: value for name, value in os.environ.items() if name != "KAFKA_BOOTSTRAP"}
    environment |= {"PYTHONPATH": str(TESTS), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "attribution_tests.kafka_broker", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
    ) as command:
        try:
            assert command.stdout is not None
            assert str(port) in command.stdout.readline().decode()
            command.send_signal(signal.SIGINT)
            assert command.wait(DEADLINE_SECONDS) == 0
        finally:
            command.terminate()
    assert is_free(port)
    assert not list(tmp_path.glob("kafka-*"))
