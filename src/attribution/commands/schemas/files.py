"""The generated contract files: their names, their bytes, and how they get to disk."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from attribution.commands.schemas.asyncapi import document
from attribution.commands.schemas.json_schema import file_name, schema_of
from attribution.commands.schemas.topic_list import catalogue
from attribution.domain.records.topics import TOPICS

YAML_WIDTH: Final = 110


def generated() -> dict[str, bytes]:
    """Every generated file by its name; the same bytes on every run."""
    files = {file_name(topic): _json(schema_of(topic)) for topic in TOPICS}
    files["topics.json"] = _json(catalogue())
    files["asyncapi.yaml"] = _yaml(document())
    return files


def write(directory: Path) -> list[Path]:
    """Write every generated file into ``directory``, which is made if need be.

    Args:
        directory: where to; other files in it are left alone.

    Returns:
        The paths written, in order of their names.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = sorted(generated().items())
    for name, content in files:
        (directory / name).write_bytes(content)
    return [directory / name for name, _ in files]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=YAML_WIDTH).encode()
