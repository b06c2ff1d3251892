"""Every setting: its section, key, default and limits."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from attribution.hosts.config.variables import Variables

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Run(_Section):
    """How work is cut up."""

    step_records: int = Field(default=20_000, ge=1, le=1_000_000, description="records a step at most")


class State(_Section):
    """What is kept of buyers and orders, and where."""

    cache_touches: int = Field(
        default=1_000_000, ge=1, description="touches kept decoded in memory, with a state file"
    )
    sqlite_cache_mb: int = Field(
        default=64, ge=1, le=1_048_576, description="page cache of the state file, MiB"
    )
    order_age_days: int = Field(
        default=180, ge=1, le=36_500, description="how long a finished order is kept, days"
    )


class Memory(_Section):
    """How much memory a run without a state file may take."""

    limit_mb: int = Field(default=4_096, ge=1, le=1_048_576, description="resident memory at most, MiB")


class Http(_Section):
    """Where metrics and health are served."""

    enabled: bool = Field(default=True, description="serve /metrics, /livez, /readyz")
    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8_080, ge=0, le=65_535, description="port to listen on; 0 takes any free one")


class Log(_Section):
    """What is logged to standard error."""

    format: LogFormat | None = Field(
        default=None, description="console or json; unset: console on a terminal, else json"
    )
    level: LogLevel = Field(default="info", description="the least that is logged")


class Kafka(_Section):
    """How the brokers are reached."""

    bootstrap: str | None = Field(default=None, min_length=1, description="host:port[,host:port…]")
    username: str | None = Field(default=None, min_length=1, description="SASL user")
    password: SecretStr | None = Field(default=None, description="SASL password")
    password_file: Path | None = Field(default=None, description="a file that holds the SASL password")


class Settings(BaseSettings):
    """What the program runs with.

    Keyword arguments are what the file says; variables in the environment come over it.
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
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - Variables takes its place
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put variables over the file; nothing else is read."""
        return Variables(settings_cls), init_settings


SECRETS: Final = frozenset({"kafka.password"})
