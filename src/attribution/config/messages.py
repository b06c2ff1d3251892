"""Error messages for wrong settings, in the user's terms."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

from attribution.config.environment import sections_of, variables_in
from attribution.config.settings import SECRETS, Settings
from attribution.errors import ConfigurationError


def error_of(details: ErrorDetails, given: Mapping[str, Any], file: Path | None) -> ConfigurationError:
    """Return the error for a fault that pydantic found; ``given`` is the content of the file."""
    section, *rest = map(str, details["loc"])
    key = ".".join((section, *rest[:1]))
    if details["type"] == "extra_forbidden":
        return ConfigurationError(key, f"no such key{_suggestion(key)}{origin(key, given, file)}")
    if not rest:
        return ConfigurationError(key, f"is a section: write [{section}] and its keys below{_in(file)}")
    reason = details["msg"].removeprefix("Input ").removeprefix("Value error, ")
    found = "" if key in SECRETS else f", not {details['input']!r}"
    return ConfigurationError(key, f"{reason}{found}{origin(key, given, file)}")


def origin(key: str, given: Mapping[str, Any], file: Path | None) -> str:
    """Return a note on what set a key (``section.key``): a variable, or else the file.

    The note is empty if no variable sets the key and the file lacks its section.
    """
    for variable in variables_in(os.environ, Settings):
        if f"{variable.section}.{variable.key}" == key:
            return f" (from {variable.name})"
    return _in(file) if key.partition(".")[0] in given else ""


def all_keys() -> list[str]:
    """Return every valid key, as ``section.key``."""
    return [f"{name}.{key}" for name, model in sections_of(Settings).items() for key in model.model_fields]


def _suggestion(key: str) -> str:
    close = get_close_matches(key, [*all_keys(), *sections_of(Settings)], n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _in(file: Path | None) -> str:
    return f" (in {file})" if file else ""
