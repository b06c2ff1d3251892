"""Reads ``ATTRIBUTION_<SECTION>__<KEY>`` variables.

``ATTRIBUTION_<SECTION>__<KEY>_FILE`` names a file that holds the value. Container platforms provide secrets
in this way.
"""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from attribution.errors import ConfigurationError

PREFIX: Final = "ATTRIBUTION_"
FILE_VARIABLE: Final = "ATTRIBUTION_CONFIG"
"""Names the configuration file. It is not a setting."""

_FILE_SUFFIX: Final = "_FILE"
_SERVICE_LINK: Final = re.compile(
    r"SERVICE_(HOST|PORT(_\w+)?)$|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$"
)


class Variable(NamedTuple):
    """A variable that sets a key of a section; if ``is_file``, it holds the path of a file with the value."""

    name: str
    section: str
    key: str
    is_file: bool


def sections_of(settings: type[BaseSettings]) -> dict[str, type[BaseModel]]:
    """Return the sections of the settings by name."""
    return {
        name: field.annotation
        for name, field in settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def variables_in(environment: Mapping[str, str], settings: type[BaseSettings]) -> Iterator[Variable]:
    """Yield the variables that set a key; an empty variable counts as absent.

    Raises:
        ConfigurationError: a variable names no known key.
    """
    for name, value in sorted(environment.items()):
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value and not _is_service_link(name, value):
            yield _variable(name, sections_of(settings))


class Variables(PydanticBaseSettingsSource):
    """The environment as a source of settings."""

    def __call__(self) -> dict[str, Any]:
        """Return the values of the variables, by section and key."""
        given: dict[str, dict[str, str]] = {}
        for variable in variables_in(os.environ, self.settings_cls):
            given.setdefault(variable.section, {})[variable.key] = _value(variable)
        return dict(given)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return no value: ``__call__`` reads whole sections."""
        del field
        return None, field_name, False


def _variable(name: str, sections: Mapping[str, type[BaseModel]]) -> Variable:
    section, _, key = name.removeprefix(PREFIX).lower().partition("__")
    keys = sections[section].model_fields if section in sections else {}
    if key in keys:
        return Variable(name, section, key, is_file=False)
    if name.endswith(_FILE_SUFFIX) and (plain := key[: -len(_FILE_SUFFIX)]) in keys:
        return Variable(name, section, plain, is_file=True)
    raise ConfigurationError(name, f"no such setting; {_suggestion(name, sections)}")


def _suggestion(name: str, sections: Mapping[str, type[BaseModel]]) -> str:
    names = [
        f"{PREFIX}{section}__{key}".upper()
        for section, model in sections.items()
        for key in model.model_fields
    ]
    close = get_close_matches(name, names, n=1, cutoff=0.8)
    return f"did you mean {close[0]}?" if close else f"variables are named like {names[0]}"


def _value(variable: Variable) -> str:
    value = os.environ[variable.name]
    return read_secret_file(Path(value), variable.name) if variable.is_file else value


def read_secret_file(path: Path, key: str) -> str:
    """Return the content of a file, without the line end.

    Raises:
        ConfigurationError: the file can't be read; ``key`` is the setting that names it.
    """
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(key, f"the file {path} can't be read: {reason}") from None


def _is_service_link(name: str, value: str) -> bool:
    """Return whether Kubernetes set the variable, for a service whose name starts with "attribution"."""
    return bool(_SERVICE_LINK.search(name)) or value.startswith(("tcp://", "udp://", "sctp://"))
