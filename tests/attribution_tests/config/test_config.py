"""Settings: their sources, their precedence, and the errors."""

import json
import os
import tomllib
import traceback
from pathlib import Path

import pytest

from attribution.config import load
from attribution.config.render import json_of, text_of
from attribution.errors import ConfigurationError

SECRET = "hunter2-do-not-tell"  # noqa: S105 - not a real password


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ATTRIBUTION_"):
            monkeypatch.delenv(name)


SCRAM = """
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
username = "alice"
"""


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "attribution.toml"
    path.write_text(text)
    return path


# Sources


def test_defaults() -> None:
    assert json.loads(json_of(load())) == {
        "run": {"step_records": 20_000},
        "state": {
            "cache_touches": 400_000,
            "sqlite_cache_mb": 64,
            "order_age_days": 180,
            "store": "rocksdb",
            "directory": "state",
            "store_cache_mb": 64,
        },
        "memory": {"limit_mb": 4_096},
        "http": {"enabled": True, "host": "127.0.0.1", "port": 8_080},
        "log": {"format": None, "level": "info"},
        "kafka": {
            "bootstrap": None,
            "application": "attribution",
            "topic_prefix": "",
            "partitions": 4,
            "replication_factor": 1,
            "rekey": [],
            "security_protocol": "PLAINTEXT",
            "allow_sasl_plaintext": False,
            "sasl_mechanism": None,
            "username": None,
            "password": None,
            "password_file": None,
            "oauth_token_file": None,
            "ca_file": None,
            "certificate_file": None,
            "key_file": None,
            "instance_id": None,
            "session_timeout_ms": 10_000,
            "transaction_timeout_ms": 10_000,
            "commit_interval_ms": 100,
        },
    }


def test_variables_override_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_HTTP__PORT", "9001")
    monkeypatch.setenv("ATTRIBUTION_HTTP__ENABLED", "false")
    settings = load(file(tmp_path, '[http]\nport = 9000\nhost = "0.0.0.0"'))
    assert (settings.http.port, settings.http.enabled, settings.http.host) == (9_001, False, "0.0.0.0")  # noqa: S104


def test_a_variable_names_the_file_unless_an_argument_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_CONFIG", str(file(tmp_path, "[run]\nstep_records = 7")))
    assert load().run.step_records == 7
    other = tmp_path / "other.toml"
    other.write_text("[run]\nstep_records = 8")
    assert load(other).run.step_records == 8


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_HTTP__PORT", "")
    assert load().http.port == 8_080


def test_any_key_may_come_from_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "port").write_text("9002\n")
    monkeypatch.setenv("ATTRIBUTION_HTTP__PORT_FILE", str(tmp_path / "port"))
    assert load().http.port == 9_002


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ATTRIBUTION_SERVICE_HOST", "10.0.0.1"),
        ("ATTRIBUTION_HTTP_SERVICE_PORT_METRICS", "8080"),
        ("ATTRIBUTION_PORT", "tcp://10.0.0.1:8080"),
        ("ATTRIBUTION_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_kubernetes_service_variables_are_no_settings(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert load() == load()


# Errors


FAULTS_IN_FILE = [
    ("[http]\nport = 65536", "http.port", "less than or equal to 65535, not 65536"),
    ('[http]\nport = "many"', "http.port", "valid integer"),
    ("[http]\nprot = 1", "http.prot", "no such key; did you mean http.port?"),
    ("[htpt]\nport = 1", "htpt", "no such key; did you mean http?"),
    ("verbose = true", "verbose", "no such key"),
    ("http = 8080", "http", "is a section: write [http]"),
    ("[run]\nstep_records = 0", "run.step_records", "greater than or equal to 1, not 0"),
    ("[run]\nstep_records = 1000001", "run.step_records", "less than or equal to 1000000"),
    ("[state]\norder_age_days = 0", "state.order_age_days", "greater than or equal to 1"),
    ("[memory]\nlimit_mb = 1.5", "memory.limit_mb", "valid integer"),
    ('[log]\nlevel = "loud"', "log.level", "'debug', 'info', 'warning' or 'error', not 'loud'"),
    ('[log]\nformat = "xml"', "log.format", "'console' or 'json', not 'xml'"),
    ('[state]\nstore = "redis"', "state.store", "'rocksdb' or 'memory', not 'redis'"),
    (
        '[kafka]\nbootstrap = "localhost"',
        "kafka.bootstrap",
        "should be host:port[,host:port…], not 'localhost'",
    ),
    ('[kafka]\nbootstrap = "a:9092,b:99999"', "kafka.bootstrap", "should be host:port"),
    ('[kafka]\nbootstrap = ""', "kafka.bootstrap", "should be host:port"),
    (
        '[kafka]\napplication = "a b"',
        "kafka.application",
        "letters A-Z and a-z, digits, '.', '_' and '-', not 'a b'",
    ),
    ('[kafka]\napplication = ""', "kafka.application", "at least 1 character"),
    ('[kafka]\ntopic_prefix = "a/"', "kafka.topic_prefix", "letters"),
    ("[kafka]\npartitions = 0", "kafka.partitions", "greater than or equal to 1"),
    ("[kafka]\nreplication_factor = 0", "kafka.replication_factor", "greater than or equal to 1"),
    ('[kafka]\nrekey = ["ticks"]', "kafka.rekey", "'clicks', 'room-entries' or 'orders', not 'ticks'"),
    ('[kafka]\nrekey = ["orders", "orders"]', "kafka.rekey", "should name each topic once"),
    ('[kafka]\nsecurity_protocol = "TLS"', "kafka.security_protocol", "'SASL_SSL', not 'TLS'"),
    ('[kafka]\nsasl_mechanism = "GSSAPI"', "kafka.sasl_mechanism", "'OAUTHBEARER', not 'GSSAPI'"),
    ("[kafka]\nsession_timeout_ms = 999", "kafka.session_timeout_ms", "greater than or equal to 1000"),
    ("[kafka]\ncommit_interval_ms = 9", "kafka.commit_interval_ms", "greater than or equal to 10"),
    ("[kafka]\ncommit_interval_ms = 10001", "kafka.commit_interval_ms", "less than or equal to 10000"),
    (
        "[kafka]\ntransaction_timeout_ms = 900001",
        "kafka.transaction_timeout_ms",
        "less than or equal to 900000",
    ),
]


@pytest.mark.parametrize(("text", "key", "reason"), FAULTS_IN_FILE)
def test_a_fault_in_the_file_names_key_and_file(text: str, key: str, reason: str, tmp_path: Path) -> None:
    path = file(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.key == key
    assert reason in caught.value.reason
    assert str(path) in caught.value.reason
    assert caught.value.exit_code == 78


FAULTS_IN_VARIABLES = [
    ("ATTRIBUTION_HTTP__PORT", "-1", "http.port", "(from ATTRIBUTION_HTTP__PORT)"),
    ("ATTRIBUTION_HTTP__PROT", "1", "ATTRIBUTION_HTTP__PROT", "did you mean ATTRIBUTION_HTTP__PORT?"),
    ("ATTRIBUTION_HTTP_PORT", "1", "ATTRIBUTION_HTTP_PORT", "did you mean ATTRIBUTION_HTTP__PORT?"),
    ("ATTRIBUTION_HTTP", "{}", "ATTRIBUTION_HTTP", "no such setting"),
    ("ATTRIBUTION_VERBOSE", "1", "ATTRIBUTION_VERBOSE", "no such setting"),
    ("ATTRIBUTION_CONFIG", "/absent.toml", "ATTRIBUTION_CONFIG", "/absent.toml can't be read: No such file"),
    ("ATTRIBUTION_LOG__LEVEL_FILE", "/absent", "ATTRIBUTION_LOG__LEVEL_FILE", "/absent can't be read"),
    ("ATTRIBUTION_KAFKA__PASSWORD_FILE", "/absent", "kafka.password_file", "/absent can't be read"),
]


@pytest.mark.parametrize(("name", "value", "key", "reason"), FAULTS_IN_VARIABLES)
def test_a_fault_in_a_variable_names_it(
    name: str, value: str, key: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert caught.value.key == key
    assert reason in caught.value.reason


@pytest.mark.parametrize("content", [b"port: 1", b"[http", b"\xff"])
def test_a_file_that_is_not_toml_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "attribution.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^--config: .*attribution.toml is n") as caught:
        load(path)
    assert caught.value.key == "--config"


# Secrets


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")
    settings = load(file(tmp_path, f'[kafka]\n{SCRAM}password_file = "{tmp_path / "password"}"'))
    assert settings.kafka.password is not None
    assert settings.kafka.password.get_secret_value() == SECRET


def test_a_password_in_two_places_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text(SECRET)
    monkeypatch.setenv("ATTRIBUTION_KAFKA__PASSWORD", SECRET)
    with pytest.raises(ConfigurationError, match="keep one of them") as caught:
        load(file(tmp_path, f'[kafka]\npassword_file = "{tmp_path / "password"}"'))
    assert SECRET not in str(caught.value)


def test_secrets_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_KAFKA__PASSWORD", SECRET)
    settings = load(file(tmp_path, f"[kafka]\n{SCRAM}"))
    for shown in (repr(settings), str(settings), text_of(settings), json_of(settings)):
        assert SECRET not in shown
    assert 'kafka.password               = "********"' in text_of(settings)


@pytest.mark.parametrize(
    "text",
    [
        f'[kafka]\npasswrod = "{SECRET}"',
        f'[kafka]\npassword = ["{SECRET}"]',
        f'kafka = "{SECRET}"',
        f'[kafka]\npassword = "{SECRET}"\nusername = 1',
        f'[kafka]\npassword = "{SECRET}',
        f'[kafka]\npassword = "{SECRET}"',
    ],
)
def test_errors_do_not_show_secrets(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(file(tmp_path, text))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_printed_settings_can_be_read_again(tmp_path: Path) -> None:
    settings = load()
    assert tomllib.loads(text_of(settings))["http"] == {"enabled": True, "host": "127.0.0.1", "port": 8_080}
    assert load(file(tmp_path, text_of(settings))) == settings
