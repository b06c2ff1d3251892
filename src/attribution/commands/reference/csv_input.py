"""CSV input: one record per row. The topic is the file name or a column."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, Final

from msgspec import inspect

from attribution.commands.reference.draft import Draft, Drafts, Fault, Place
from attribution.commands.reference.field_types import field_shapes, plain
from attribution.commands.reference.yaml_input import TOPIC_NAMES
from attribution.domain.records.topics import BY_NAME

TOPIC_COLUMN: Final = "topic"
LIST_SEPARATOR: Final = "|"
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}


def read_csv(text: str, file: str) -> Drafts:
    """Read the text of a CSV file.

    Args:
        text: a header of field names, then one record per row. An empty cell is an absent field. ``|``
            separates list items. Only YAML supports nested fields.
        file: the file's path. Its stem is the topic of each row without a ``topic`` cell.

    Returns:
        The drafts in file order, and a fault for each row that cannot be read.
    """
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        faults = [_column_fault(file, name) for name in sorted(set(header) - {""}) if header.count(name) > 1]
        found = [] if faults else list(_rows_in(rows, header, file))
    except csv.Error as error:
        return Drafts([], [Fault(Place(file, f"line {rows.line_num}"), "", "BAD_FILE", f"not CSV: {error}")])
    faults += [one for one in found if isinstance(one, Fault)]
    return Drafts([one for one in found if isinstance(one, Draft)], faults)


def _column_fault(file: str, name: str) -> Fault:
    return Fault(Place(file, "line 1"), name, "BAD_FILE", "duplicate column")


def _rows_in(rows: Any, header: list[str], file: str) -> Iterator[Draft | Fault]:
    for cells in rows:
        place = Place(file, f"line {rows.line_num}")
        if len(cells) > len(header):
            yield Fault(place, "", "BAD_FILE", f"{len(cells)} cells, but only {len(header)} columns")
        elif any(cells):
            named = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
            yield from _draft(place, named, file)


def _draft(place: Place, cells: dict[str, str], file: str) -> Iterator[Draft | Fault]:
    topic = cells.pop(TOPIC_COLUMN, PurePath(file).stem)
    if topic not in TOPIC_NAMES:
        reason = (
            f"{topic} is not a reference topic; name the file or cell after one of {', '.join(TOPIC_NAMES)}"
        )
        yield Fault(place, TOPIC_COLUMN, "UNKNOWN_TOPIC", reason)
        return
    shapes = field_shapes(BY_NAME[topic].record)
    nested = [name for name in cells if name in shapes and _is_nested(shapes[name])]
    for name in nested:
        yield Fault(place, name, "WRONG_TYPE", "a nested field can only be given in YAML")
    if not nested:
        yield Draft(place, topic, {name: _value(cell, shapes.get(name)) for name, cell in cells.items()})


def _is_nested(shape: inspect.Type) -> bool:
    shape = plain(shape)
    if isinstance(shape, inspect.ListType):
        shape = plain(shape.item_type)
    return isinstance(shape, inspect.StructType | inspect.DictType)


def _value(cell: str, shape: inspect.Type | None) -> Any:
    """Return a cell as its field's type. A cell that can't be read stays text; validation refuses it."""
    shape = plain(shape) if shape else None
    if isinstance(shape, inspect.ListType):
        return [_value(item, shape.item_type) for item in cell.split(LIST_SEPARATOR)]
    reading = _READINGS.get(type(shape))
    return reading(cell) if reading else cell


def _integer(cell: str) -> int | str:
    return int(cell) if _INTEGER.fullmatch(cell.strip()) else cell


def _truth(cell: str) -> bool | str:
    return _TRUTH.get(cell.strip().lower(), cell)


_READINGS: Final[dict[type, Callable[[str], Any]]] = {inspect.IntType: _integer, inspect.BoolType: _truth}
