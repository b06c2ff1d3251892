# mypy: disable-error-code="import-untyped", allow-subclassing-any
"""A secured broker accepts valid credentials and refuses wrong ones."""

import asyncio
import ssl
from collections.abc import Collection

import pytest
from aiokafka.abc import AbstractTokenProvider
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import SaslAuthenticationFailed

from attribution_tests.kafka_broker import Secured, TlsMaterial, unsecured_token
from attribution_tests.kafka_deployment.clients import DEADLINE_SECONDS, VALUE, Client, there_and_back


class Token(AbstractTokenProvider):
    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token


async def brokers_seen(client: Client) -> Collection[object]:
    connection = AIOKafkaClient(**client)
    try:
        await connection.bootstrap()
        return list(connection.cluster.brokers())
    finally:
        await connection.close()


async def knock(client: Client) -> None:
    """Connect once, close and wait. Clients do not wait for a refused connection to close."""
    ((host, port, _),) = collect_hosts(client["bootstrap_servers"])
    who = {name: value for name, value in client.items() if name != "bootstrap_servers"}
    connection = AIOKafkaConnection(host, port, **who)
    async with asyncio.timeout(DEADLINE_SECONDS):
        try:
            await connection.connect()
        finally:
            await connection.close()


def known_by(mechanism: str, password: str) -> dict[str, str]:
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": "alice",
        "sasl_plain_password": password,
    }


@pytest.fixture
def over_tls(doors: Secured, tls: TlsMaterial) -> Client:
    context = ssl.create_default_context(cafile=tls.authority)
    return {"bootstrap_servers": doors.sasl_ssl, "security_protocol": "SASL_SSL", "ssl_context": context}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_password_over_tls(mechanism: str, over_tls: Client, prefix: str) -> None:
    client = {**over_tls, **known_by(mechanism, "alice-secret")}
    assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE


def test_token_over_tls(over_tls: Client, prefix: str) -> None:
    token = Token(unsecured_token("alice"))
    client = {**over_tls, "sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": token}
    assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_password_without_tls(mechanism: str, doors: Secured, prefix: str) -> None:
    client = {"bootstrap_servers": doors.sasl_plaintext, "security_protocol": "SASL_PLAINTEXT"}
    client |= known_by(mechanism, "alice-secret")
    assert asyncio.run(there_and_back(f"{prefix}orders", client)) == VALUE


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_wrong_password(mechanism: str, over_tls: Client) -> None:
    with pytest.raises(SaslAuthenticationFailed):
        asyncio.run(knock({**over_tls, **known_by(mechanism, "guess")}))


def test_invalid_token(over_tls: Client) -> None:
    """Aiokafka does not read the answer to a token. A refused client starts, but sees no broker."""
    client = {**over_tls, "sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": Token("a.b.")}
    assert not asyncio.run(brokers_seen(client))
