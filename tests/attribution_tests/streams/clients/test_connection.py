"""Credentials and certificates from the settings authenticate clients at a secured broker."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop
from aiokafka import conn
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from attribution.commands.topics.desired import desired_topics
from attribution.config import load
from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.domain.records.times import now_ms
from attribution.engine.producer_record import ProducerRecord
from attribution.errors import UnavailableError
from attribution.hosts.kafka.names import names_of
from attribution.streams.clients.admin import connected
from attribution.streams.clients.aiokafka_internals import PromptConnection
from attribution.streams.clients.errors import partitions_by_topic
from attribution.streams.clients.publisher import publishing
from attribution_tests.kafka_broker import Secured, TlsMaterial, unsecured_token

WORD: Final = "alice-secret"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{unsecured_token('alice')}\n")
    return path


def settings(tmp_path: Path, **keys: Any) -> Kafka:
    """Return settings from a file, checked as every command checks them."""
    lines = [
        f"{key} = {str(value).lower() if value is True else repr(str(value))}" for key, value in keys.items()
    ]
    (tmp_path / "attribution.toml").write_text("\n".join(["[kafka]", *lines]))
    return load(tmp_path / "attribution.toml").kafka


def over_tls(doors: Secured, tls: TlsMaterial) -> dict[str, Any]:
    return {"bootstrap": doors.sasl_ssl, "security_protocol": "SASL_SSL", "ca_file": tls.authority}


async def there(kafka: Kafka) -> int:
    """Create a topic and write a record to it; return its number of partitions."""
    (clicks,) = [each for each in desired_topics(kafka) if each.name == names_of(kafka).topic("clicks")]
    async with connected(client_options(kafka)) as cluster:
        await cluster.topics([clicks.name], await cluster.create([clicks]))
    async with publishing(client_options(kafka), names_of(kafka)) as publisher:
        await publisher.publish([ProducerRecord("clicks", now_ms(), "b1", b"{}")])
    return (await partitions_by_topic(client_options(kafka)))[clicks.name]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_by_password_over_tls(
    mechanism: str, doors: Secured, tls: TlsMaterial, tmp_path: Path, prefix: str
) -> None:
    (tmp_path / "password").write_text(f"{WORD}\n")
    kafka = settings(
        tmp_path,
        **over_tls(doors, tls),
        topic_prefix=prefix,
        sasl_mechanism=mechanism,
        username="alice",
        password_file=tmp_path / "password",
    )
    assert asyncio.run(there(kafka)) == 4


def test_by_token_over_tls(
    doors: Secured, tls: TlsMaterial, token_file: Path, tmp_path: Path, prefix: str
) -> None:
    kafka = settings(
        tmp_path,
        **over_tls(doors, tls),
        topic_prefix=prefix,
        sasl_mechanism="OAUTHBEARER",
        oauth_token_file=token_file,
    )
    assert asyncio.run(there(kafka)) == 4


def test_by_password_without_tls_where_it_is_allowed(doors: Secured, tmp_path: Path, prefix: str) -> None:
    kafka = settings(
        tmp_path,
        bootstrap=doors.sasl_plaintext,
        topic_prefix=prefix,
        security_protocol="SASL_PLAINTEXT",
        allow_sasl_plaintext=True,
        sasl_mechanism="SCRAM-SHA-256",
        username="alice",
        password=WORD,
    )
    assert asyncio.run(there(kafka)) == 4


def test_a_refused_token_is_reported(
    doors: Secured, tls: TlsMaterial, token_file: Path, tmp_path: Path
) -> None:
    token_file.write_text("a.b.")
    kafka = settings(
        tmp_path, **over_tls(doors, tls), sasl_mechanism="OAUTHBEARER", oauth_token_file=token_file
    )
    with pytest.raises(UnavailableError, match=r"none accepted the connection; check .* the credentials"):
        asyncio.run(there(kafka))


def test_a_broker_with_an_untrusted_certificate_is_refused(doors: Secured, tmp_path: Path) -> None:
    kafka = settings(
        tmp_path,
        bootstrap=doors.sasl_ssl,
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        username="alice",
        password=WORD,
    )
    with pytest.raises(UnavailableError) as caught:
        asyncio.run(there(kafka))
    assert WORD not in str(caught.value)


def test_a_connection_that_the_broker_closed_is_replaced(
    bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transport is closed, but its reader has not seen this yet."""
    monkeypatch.setattr(conn, "AIOKafkaConnection", PromptConnection)

    async def send_behind_the_end() -> None:
        client = AIOKafkaClient(**client_options(Kafka(bootstrap=bootstrap)))
        await client.bootstrap()
        try:
            connection = await client._get_conn(client.get_random_node())  # noqa: SLF001 - no public way
            connection._writer.transport.abort()  # noqa: SLF001
            await asyncio.sleep(0)
            with pytest.raises(KafkaConnectionError):
                await connection.send(MetadataRequest([]))
            assert (await client.fetch_all_metadata()).brokers()
        finally:
            await client.close()

    uvloop.run(send_behind_the_end())
