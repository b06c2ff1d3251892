"""The generated contract files: their names, and their bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from attribution.commands.schemas.asyncapi import document
from attribution.commands.schemas.json_schema import file_name, schema_of
from attribution.commands.schemas.topic_list import catalogue
from attribution.domain.records.topics import TOPICS

YAML_WIDTH: Final = 110


def generated() -> dict[str, bytes]:
    """Return the content of every generated file by name; it is the same on every run."""
    files = {file_name(topic): _json(schema_of(topic)) for topic in TOPICS}
    files["topics.json"] = _json(catalogue())
    files["asyncapi.yaml"] = _yaml(document())
    return files


def write(directory: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write generated files into ``directory``, and create the directory if needed.

    Args:
        directory: the target; other files in it stay as they are.
        files: the content of each file by name.

    Returns:
        The paths written, sorted by name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return [directory / name for name in sorted(files)]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=YAML_WIDTH).encode()
