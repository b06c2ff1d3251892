# mypy: disable-error-code="import-untyped", allow-subclassing-any
"""The brokers that the tests run on do what the tests rely on."""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import AbstractTokenProvider
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError
from kafka_broker import (
    Broker,
    BrokerError,
    NoKafkaError,
    Secured,
    TlsMaterial,
    provided,
    secured,
    tls_material,
    unsecured_token,
)
from kafka_broker.answering import answers

Client: TypeAlias = Mapping[str, Any]
VALUE: Final = b"an order"
DEADLINE_SECONDS: Final = 30.0


class Token(AbstractTokenProvider):
    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token


async def create(topic: str, client: Client) -> None:
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(topic: str, client: Client) -> None:
    async with (
        AIOKafkaProducer(**client, transactional_id=f"{topic}-producer") as producer,
        producer.transaction(),
    ):
        await producer.send_and_wait(topic, VALUE)


async def first_value(topic: str, client: Client) -> bytes:
    async with AIOKafkaConsumer(
        **client, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        record = await asyncio.wait_for(consumer.getone(), DEADLINE_SECONDS)
        return bytes(record.value)


async def there_and_back(topic: str, client: Client) -> bytes:
    await create(topic, client)
    await produce(topic, client)
    return await first_value(topic, client)


def test_a_transaction_is_read(bootstrap: str, prefix: str) -> None:
    assert asyncio.run(there_and_back(f"{prefix}orders", {"bootstrap_servers": bootstrap})) == VALUE


class TestBroker:
    @pytest.fixture(scope="class")
    def broker(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
        with Broker.start(tmp_path_factory.mktemp("broker")) as broker:
            yield broker

    def test_kept_through_a_kill(self, broker: Broker, prefix: str) -> None:
        topic, client = f"{prefix}orders", {"bootstrap_servers": broker.bootstrap}
        asyncio.run(there_and_back(topic, client))
        broker.kill()
        assert not answers(broker.bootstrap)
        broker.start_again()
        assert asyncio.run(first_value(topic, client)) == VALUE

    def test_stops_in_order(self, broker: Broker) -> None:
        broker.pause()
        broker.stop()
        assert not answers(broker.bootstrap)
        broker.start_again()
        assert answers(broker.bootstrap)

    def test_does_not_answer_while_paused(self, broker: Broker) -> None:
        broker.pause()
        with socket.create_connection(broker.bootstrap.split(":"), DEADLINE_SECONDS) as connection:
            connection.settimeout(0.5)
            connection.sendall(API_VERSIONS)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            broker.resume()
            connection.settimeout(DEADLINE_SECONDS)
            assert connection.recv(1)

    def test_failure_to_start_ends_with_the_log(self, tmp_path: Path) -> None:
        with (
            pytest.raises(BrokerError, match=r"(?s)prepared\..*process\.roles"),
            Broker.start(tmp_path, {"process.roles": "waiter"}),
        ):
            pass

    def test_port_in_use(self, broker: Broker, tmp_path: Path) -> None:
        port = int(broker.bootstrap.split(":")[1])
        with pytest.raises(BrokerError, match="in use"), Broker.start(tmp_path, port=port):
            pass


class TestSecured:
    @pytest.fixture(scope="class")
    def tls(self, tmp_path_factory: pytest.TempPathFactory) -> TlsMaterial:
        return tls_material(tmp_path_factory.mktemp("tls"))

    @pytest.fixture(scope="class")
    def doors(self, tls: TlsMaterial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
        doors = secured(tls, {"alice": "alice-secret"})
        with Broker.start(tmp_path_factory.mktemp("secured"), doors.overrides, scram_users=doors.scram_users):
            yield doors

    @pytest.fixture
    def over_tls(self, doors: Secured, tls: TlsMaterial) -> Client:
        context = ssl.create_default_context(cafile=tls.authority)
        return {"bootstrap_servers": doors.sasl_ssl, "security_protocol": "SASL_SSL", "ssl_context": context}

    @pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
    def test_password_over_tls(self, mechanism: str, over_tls: Client, prefix: str) -> None:
        client = {**over_tls, **known_by(mechanism, "alice-secret")}
        assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE

    def test_token_over_tls(self, over_tls: Client, prefix: str) -> None:
        token = Token(unsecured_token("alice"))
        client = {**over_tls, "sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": token}
        assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE

    @pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
    def test_password_without_tls(self, mechanism: str, doors: Secured, prefix: str) -> None:
        client = {"bootstrap_servers": doors.sasl_plaintext, "security_protocol": "SASL_PLAINTEXT"}
        client |= known_by(mechanism, "alice-secret")
        assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE

    @pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
    def test_wrong_password(self, mechanism: str, over_tls: Client, caplog: pytest.LogCaptureFixture) -> None:
        client = {**over_tls, **known_by(mechanism, "guess")}
        with pytest.raises(KafkaConnectionError):
            asyncio.run(create("orders", client))
        assert "SaslAuthenticationFailed" in caplog.text

    def test_token_that_is_none(self, over_tls: Client, caplog: pytest.LogCaptureFixture) -> None:
        client = {**over_tls, "sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": Token("a.b.")}
        with pytest.raises(KafkaConnectionError):
            asyncio.run(create("orders", client))
        assert "invalid_token" in caplog.text


def known_by(mechanism: str, password: str) -> dict[str, str]:
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": "alice",
        "sasl_plain_password": password,
    }


class TestChoice:
    def test_named_by_the_environment(
        self, bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KAFKA_BOOTSTRAP", bootstrap)
        with provided(tmp_path) as address:
            assert address == bootstrap
        assert not list(tmp_path.iterdir())

    def test_none_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
        monkeypatch.setenv("PATH", str(tmp_path))
        with (
            pytest.raises(NoKafkaError, match="apt-get install default-jdk-headless maven"),
            provided(tmp_path),
        ):
            pass


API_VERSIONS: Final = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
"""The request that every client begins with: length, key, version, correlation id, no client id."""
