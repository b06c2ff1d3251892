"""Loads the settings from the file, the variables and the password file, and checks them."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from attribution.config.cross_checks import clashes
from attribution.config.environment import FILE_VARIABLE, read_secret_file
from attribution.config.messages import error_of, origin
from attribution.config.settings import Settings
from attribution.errors import ConfigurationError


def load(path: Path | None = None) -> Settings:
    """Load and check the settings.

    Args:
        path: the TOML file; the default is the file that ATTRIBUTION_CONFIG names, if any.

    Raises:
        ConfigurationError: the file can't be read, or a key is unknown, out of range, or wrongly combined.
    """
    named = os.environ.get(FILE_VARIABLE)
    file = path or (Path(named) if named else None)
    given = _read(file, "--config" if path else FILE_VARIABLE) if file else {}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise _first_fault(error, given, file) from None
    return _checked(_with_password(settings), given, file)


def _read(path: Path, key: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(key, f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(key, f"{path} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(key, f"{path} is not valid TOML: {error}") from None


def _first_fault(error: ValidationError, given: Mapping[str, Any], file: Path | None) -> ConfigurationError:
    details = error.errors(include_url=False)
    return error_of(details[0], given, file)


def _with_password(settings: Settings) -> Settings:
    kafka = settings.kafka
    if kafka.password_file is None:
        return settings
    if kafka.password is not None:
        raise ConfigurationError("kafka.password_file", "kafka.password is set too; keep one of them")
    password = SecretStr(read_secret_file(kafka.password_file, "kafka.password_file"))
    return settings.model_copy(update={"kafka": kafka.model_copy(update={"password": password})})


def _checked(settings: Settings, given: Mapping[str, Any], file: Path | None) -> Settings:
    for clash in clashes(settings.kafka):
        key = f"kafka.{clash.key}"
        raise ConfigurationError(key, f"{clash.reason}{origin(key, given, file)}")
    return settings
