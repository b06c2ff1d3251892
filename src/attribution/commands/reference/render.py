"""Changes and versions as text and as JSON."""

import json
import sys
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from attribution.commands.reference.changes import Change
from attribution.commands.reference.field_types import field_shapes, is_time
from attribution.commands.reference.versions import Stored
from attribution.domain.records.times import iso_of
from attribution.domain.records.topics import BY_NAME

STYLES: Final = {"new": "green", "changed": "yellow", "same": "dim"}
PIPE_WIDTH: Final = 160
"""The width of a table in a file or a pipe, in characters."""


def print_changes(changes: Iterable[Change]) -> None:
    """Print a table of changes, with the old and new value of each changed field."""
    table = Table("topic", "id", "effective from", "status", "changed fields")
    for change in changes:
        table.add_row(
            change.after.topic,
            Text(change.after.id),
            iso_of(change.after.record.effective_from),
            Text(change.status, STYLES[change.status]),
            Text("\n".join(_differences(change))),
        )
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def json_of_changes(changes: Iterable[Change]) -> str:
    """Return changes as a JSON list. ``record`` is the new record; ``fields`` has old and new values."""
    return _json(
        [
            {
                "topic": change.after.topic,
                "id": change.after.id,
                "key": change.after.key,
                "effective_from": change.after.record.effective_from,
                "timestamp": change.after.timestamp,
                "status": change.status,
                "fields": {name: {"old": old, "new": new} for name, (old, new) in change.differences.items()},
                "record": change.after.fields,
            }
            for change in changes
        ]
    )


def text_of_version(version: Stored) -> str:
    """Return a version as aligned lines; a time also has its ISO form."""
    fields = version.fields
    width = max(map(len, fields))
    lines = [f"  {name:<{width}}  {_shown(version.topic, name, value)}" for name, value in fields.items()]
    return "\n".join([f"{version.topic} {version.key}", *lines])


def json_of_versions(versions: Iterable[Stored]) -> str:
    """Return versions as a JSON list."""
    return _json(
        [
            {"topic": one.topic, "key": one.key, "timestamp": one.timestamp, "record": one.fields}
            for one in versions
        ]
    )


def _differences(change: Change) -> list[str]:
    topic = change.after.topic
    return [
        f"{name}: {_shown(topic, name, old)} -> {_shown(topic, name, new)}"
        for name, (old, new) in change.differences.items()
    ]


def _shown(topic: str, name: str, value: Any) -> str:
    if value is None:
        return "absent"
    if is_time(field_shapes(BY_NAME[topic].record)[name]):
        return f"{value} ({iso_of(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
