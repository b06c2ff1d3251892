"""A local broker behaves as the tests require."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from attribution_tests.kafka_broker import Broker, BrokerError
from attribution_tests.kafka_broker.answering import answers
from attribution_tests.kafka_deployment.clients import DEADLINE_SECONDS, VALUE, first_value, there_and_back

API_VERSIONS: Final = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
"""The first request of every client: length, key, version, correlation id, no client id."""


def address_of(broker: Broker) -> tuple[str, int]:
    host, port = broker.bootstrap.split(":")
    return host, int(port)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker.start(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


def test_records_survive_a_kill(broker: Broker, prefix: str) -> None:
    topic, client = f"{prefix}orders", {"bootstrap_servers": broker.bootstrap}
    asyncio.run(there_and_back(topic, client))
    broker.kill()
    assert not answers(broker.bootstrap)
    broker.start_again()
    assert asyncio.run(first_value(topic, client)) == VALUE


def test_stops_gracefully_while_paused(broker: Broker) -> None:
    broker.pause()
    broker.stop()
    assert not answers(broker.bootstrap)
    broker.start_again()
    assert answers(broker.bootstrap)


def test_does_not_answer_while_paused(broker: Broker) -> None:
    broker.pause()
    with socket.create_connection(address_of(broker), DEADLINE_SECONDS) as connection:
        connection.settimeout(0.5)
        connection.sendall(API_VERSIONS)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        broker.resume()
        connection.settimeout(DEADLINE_SECONDS)
        assert connection.recv(1)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("process.roles", "waiter", r"(?s)could not be prepared.*process\.roles"),
        ("metric.reporters", "no.such.Reporter", r"(?s)ended.*no\.such\.Reporter"),
    ],
)
def test_a_failed_start_shows_the_end_of_the_log(setting: str, value: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=said), Broker.start(tmp_path, {setting: value}):
        pass


def test_a_port_in_use_is_refused(broker: Broker, tmp_path: Path) -> None:
    _, port = address_of(broker)
    with pytest.raises(BrokerError, match="in use"), Broker.start(tmp_path, port=port):
        pass
