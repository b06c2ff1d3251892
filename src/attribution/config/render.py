"""Renders the settings in effect as TOML and as JSON, with secrets masked."""

from typing import Any, Final

import msgspec

from attribution.config.settings import SECRETS, Settings

STARS: Final = "********"


def values_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the values by section and key; None for keys that are not set."""
    return {
        section: {key: _shown(f"{section}.{key}", value) for key, value in keys.items()}
        for section, keys in settings.model_dump(mode="json").items()
    }


def text_of(settings: Settings) -> str:
    """Return the settings as lines of TOML; a key without a value becomes a comment."""
    entries = {
        f"{section}.{key}": value
        for section, keys in values_of(settings).items()
        for key, value in keys.items()
    }
    width = max(map(len, entries))
    return "\n".join(_line(key, value, width) for key, value in entries.items())


def json_of(settings: Settings) -> str:
    """Return the settings as JSON, by section and key."""
    return msgspec.json.format(msgspec.json.encode(values_of(settings))).decode()


def _shown(key: str, value: object) -> object:
    return STARS if key in SECRETS and value is not None else value


def _line(key: str, value: object, width: int) -> str:
    if value is None:
        return f"# {key} is not set{_unset(key)}"
    return f"{key:<{width}} = {msgspec.json.encode(value).decode()}"


def _unset(key: str) -> str:
    return ": console on a terminal, else json" if key == "log.format" else ""
