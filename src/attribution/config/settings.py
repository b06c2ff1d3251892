"""Every setting, with its section, key, default and limits."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from attribution.config.environment import Variables
from attribution.config.field_types import Addresses, Name, Prefix, RekeyedTopics

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


_LONGEST_HEARTBEAT_MS: Final = 3_000
"""Workers learn of a rebalance with the next heartbeat."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Run(_Section):
    """The size of steps."""

    step_records: int = Field(default=20_000, ge=1, le=1_000_000, description="the most records of a step")


class State(_Section):
    """Which state of buyers and orders is kept, and where."""

    cache_touches: int = Field(
        default=400_000, ge=1, description="touches kept decoded in memory; the rest is on disk"
    )
    sqlite_cache_mb: int = Field(
        default=64, ge=1, le=1_048_576, description="page cache of the state file, MiB"
    )
    order_age_days: int = Field(
        default=180, ge=1, le=36_500, description="how long a finished order is kept, days"
    )
    store: Literal["rocksdb", "memory"] = Field(
        default="rocksdb", description="where a worker keeps its state"
    )
    directory: Path = Field(default=Path("state"), description="directory of a worker's rocksdb files")
    store_cache_mb: int = Field(
        default=64, ge=1, le=1_048_576, description="block cache of a worker's rocksdb stores, MiB"
    )


class Memory(_Section):
    """The memory limit of a run without a state file."""

    limit_mb: int = Field(default=4_096, ge=1, le=1_048_576, description="the most resident memory, MiB")


class Http(_Section):
    """The address of metrics and health."""

    enabled: bool = Field(default=True, description="serve /metrics, /livez, /readyz")
    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8_080, ge=0, le=65_535, description="port to listen on; 0 takes any free one")


class Log(_Section):
    """Logs on standard error."""

    format: LogFormat | None = Field(
        default=None, description="console or json; unset: console on a terminal, else json"
    )
    level: LogLevel = Field(default="info", description="the lowest level that is logged")


class Kafka(_Section):
    """The connection to the brokers, the names on them, and the timing of commits."""

    bootstrap: Addresses | None = Field(
        default=None, description="addresses of brokers: host:port[,host:port…]"
    )

    application: Name = Field(
        default="attribution", description="group id, prefix of internal topics and transactional ids"
    )
    topic_prefix: Prefix = Field(
        default="", description="prefix of the name of every topic, group and transactional id"
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="partitions of topics that are read together, when they are created",
    )
    replication_factor: int = Field(
        default=1, ge=1, le=100, description="replicas of topics when they are created"
    )
    rekey: RekeyedTopics = Field(
        default=(), description="input topics that are not keyed by buyer_id; their records are routed first"
    )

    security_protocol: SecurityProtocol = Field(
        default="PLAINTEXT", description="encryption and authentication of connections"
    )
    allow_sasl_plaintext: bool = Field(default=False, description="allow credentials without encryption")
    sasl_mechanism: SaslMechanism | None = Field(default=None, description="SASL mechanism")
    username: str | None = Field(default=None, min_length=1, description="SASL user")
    password: SecretStr | None = Field(default=None, description="SASL password")
    password_file: Path | None = Field(default=None, description="a file that holds the SASL password")
    oauth_token_file: Path | None = Field(
        default=None, description="a file that holds the current token, read again for every connection"
    )
    ca_file: Path | None = Field(default=None, description="trusted authorities, PEM; unset: the system's")
    certificate_file: Path | None = Field(default=None, description="the client's certificate, PEM")
    key_file: Path | None = Field(
        default=None, description="the key of the certificate, PEM; unset: in the certificate's file"
    )

    instance_id: Name | None = Field(
        default=None, description="id of this worker, for static membership of the group"
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=1_800_000,
        description="the group gives up a worker that is silent for so long",
    )
    transaction_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=900_000,
        description="brokers abort a transaction that is open for so long",
    )
    commit_interval_ms: int = Field(
        default=100, ge=10, le=10_000, description="the longest that work waits for its commit"
    )

    @property
    def heartbeat_interval_ms(self) -> int:
        """The interval of a worker's heartbeats to its group."""
        return min(self.session_timeout_ms // 3, _LONGEST_HEARTBEAT_MS)

    @property
    def uses_sasl(self) -> bool:
        """Whether clients authenticate to the brokers."""
        return self.security_protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")


class Settings(BaseSettings):
    """All settings.

    Keyword arguments are the content of the file. Environment variables override them.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    run: Run = Run()
    state: State = State()
    memory: Memory = Memory()
    http: Http = Http()
    log: Log = Log()
    kafka: Kafka = Kafka()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by Variables
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables override the file; read no other source."""
        return Variables(settings_cls), init_settings


SECRETS: Final = frozenset({"kafka.password"})
