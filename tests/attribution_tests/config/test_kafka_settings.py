"""Kafka settings that go together, and those that do not."""

import os
from pathlib import Path

import pytest

from attribution.config import load
from attribution.errors import ConfigurationError

SCRAM = """
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
username = "alice"
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ATTRIBUTION_"):
            monkeypatch.delenv(name)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "attribution.toml"
    path.write_text(f"[kafka]\n{text}")
    return path


TLS = 'security_protocol = "SSL"\n'
OAUTH = 'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"\n'

CLASHES = [
    (SCRAM, "password", "is not set, and SCRAM-SHA-512 needs it"),
    (SCRAM.replace("username", "password"), "username", "is not set, and SCRAM-SHA-512 needs it"),
    (
        SCRAM + 'password = "x"\noauth_token_file = "t"',
        "oauth_token_file",
        "is not used with SCRAM-SHA-512",
    ),
    ('security_protocol = "SASL_SSL"', "sasl_mechanism", "is not set, and SASL_SSL needs one"),
    (OAUTH, "oauth_token_file", "is not set, and OAUTHBEARER needs it"),
    (OAUTH + 'oauth_token_file = "t"\nusername = "a"', "username", "is not used with OAUTHBEARER"),
    (
        SCRAM.replace("SSL", "PLAINTEXT"),
        "security_protocol",
        "use SASL_SSL, or set kafka.allow_sasl_plaintext",
    ),
    ('username = "alice"', "username", "is for kafka.security_protocol SASL_SSL, not PLAINTEXT"),
    (TLS + 'password = "x"', "password", "is for kafka.security_protocol SASL_SSL, not SSL"),
    ('sasl_mechanism = "PLAIN"', "sasl_mechanism", "is for kafka.security_protocol SASL_SSL, not PLAINTEXT"),
    ('ca_file = "ca.pem"', "ca_file", "is for kafka.security_protocol SSL and SASL_SSL, not PLAINTEXT"),
    (TLS + 'key_file = "key.pem"', "key_file", "needs kafka.certificate_file as well"),
    (
        "transaction_timeout_ms = 4999\ncommit_interval_ms = 1000",
        "transaction_timeout_ms",
        "should be at least 5000, 5 times kafka.commit_interval_ms, not 4999",
    ),
]


@pytest.mark.parametrize(("text", "key", "reason"), CLASHES)
def test_kafka_settings_that_do_not_go_together(text: str, key: str, reason: str, tmp_path: Path) -> None:
    path = file(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.key == f"kafka.{key}"
    assert reason in caught.value.reason


def test_a_clash_names_the_variable_that_set_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_KAFKA__USERNAME", "alice")
    with pytest.raises(ConfigurationError, match=r"from ATTRIBUTION_KAFKA__USERNAME\)$"):
        load()


@pytest.mark.parametrize(
    "text",
    [
        SCRAM + 'password = "x"\nca_file = "ca.pem"',
        SCRAM.replace("SSL", "PLAINTEXT") + 'password = "x"\nallow_sasl_plaintext = true',
        OAUTH + 'oauth_token_file = "token"',
        TLS + 'certificate_file = "client.pem"\nkey_file = "client.key"',
        TLS + 'certificate_file = "client.pem"',
        "transaction_timeout_ms = 5000\ncommit_interval_ms = 1000",
        'bootstrap = "[::1]:9092, kafka-1.example.org:9093"',
    ],
)
def test_kafka_settings_that_go_together(text: str, tmp_path: Path) -> None:
    assert load(file(tmp_path, text)).kafka.model_fields_set


def test_a_list_in_a_variable_has_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_KAFKA__REKEY", "orders, clicks")
    assert load().kafka.rekey == ("orders", "clicks")


def test_three_heartbeats_fit_into_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_KAFKA__SESSION_TIMEOUT_MS", "6000")
    assert load().kafka.heartbeat_interval_ms == 2_000
