"""The client options for the brokers, made from the settings."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest

from attribution.config.kafka_clients import client_options
from attribution.config.settings import Kafka
from attribution.errors import ConfigurationError
from attribution.hosts.kafka.names import names_of
from attribution.streams.names import Names

SECRET = "hunter2-do-not-tell"  # noqa: S105 - not a real password


def kafka(**settings: Any) -> Kafka:
    return Kafka(**{"bootstrap": "broker:9092"} | settings)


def by_token(path: Path) -> Kafka:
    return kafka(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", oauth_token_file=path)


def test_plaintext_options_hold_only_the_address() -> None:
    assert client_options(kafka()) == {
        "bootstrap_servers": "broker:9092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_brokers_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match=r"^kafka\.bootstrap: is not set") as caught:
        client_options(Kafka())
    assert caught.value.exit_code == 78


def test_scram_options_hold_username_and_password() -> None:
    settings = kafka(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-256", username="alice", password=SECRET
    )
    options = client_options(settings)
    assert options["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("alice", SECRET)


def test_certificates_and_host_names_are_checked() -> None:
    context = client_options(kafka(security_protocol="SSL"))["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_token_is_read_for_every_connection(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    provider = client_options(by_token(path))["sasl_oauth_token_provider"]
    assert asyncio.run(provider.token()) == "first"
    path.write_text("second\n")
    assert asyncio.run(provider.token()) == "second"


@pytest.mark.parametrize("text", ["", "\n", "a\x01b", "tökén"])
def test_a_file_without_a_token_is_an_error_that_clients_retry(text: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    provider = client_options(by_token(path))["sasl_oauth_token_provider"]
    with pytest.raises(OSError, match=r"token \(kafka.oauth_token_file\) holds no token") as caught:
        asyncio.run(provider.token())
    assert not text.strip() or text not in str(caught.value)


def test_a_token_file_must_exist_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^kafka\.oauth_token_file: .*absent can't be read"):
        client_options(by_token(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"ca_file": "absent.pem"}, r"^kafka\.ca_file: absent\.pem can't be read: No such file"),
        ({"ca_file": __file__}, r"^kafka\.ca_file: .* is not the right kind of PEM file"),
        ({"certificate_file": "absent.pem"}, r"^kafka\.certificate_file: the file absent\.pem can't be read"),
        (
            {"certificate_file": __file__, "key_file": "absent.key"},
            r"^kafka\.key_file: the file absent\.key can't",
        ),
        ({"certificate_file": __file__}, r"^kafka\.certificate_file: .* is not the right kind of PEM file"),
    ],
)
def test_an_invalid_tls_file_is_an_error_that_names_its_key(files: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        client_options(kafka(security_protocol="SSL", **files))


def test_credentials_do_not_get_into_logs(caplog: pytest.LogCaptureFixture) -> None:
    client_options(kafka())
    with caplog.at_level(logging.DEBUG, "aiokafka.conn"):
        logging.getLogger("aiokafka.conn").debug("Request: %s", SECRET)
    assert SECRET not in caplog.text


def test_names() -> None:
    names = names_of(kafka(application="shop", topic_prefix="test-"))
    assert names == Names("shop", "test-")
    assert (names.topic("orders"), names.group) == ("test-orders", "test-shop")
    assert (names.changelog, names.internal("touches")) == ("test-shop-changelog", "test-shop-touches")
    assert names.transactional_id(3) == "test-shop-3"
