"""The types of fields, read from the annotations of the record types."""

from functools import cache
from typing import Any

from msgspec import inspect


@cache
def field_shapes(record_type: Any) -> dict[str, inspect.Type]:
    """Return the shape of each field of a Struct, by the field's name in JSON."""
    shape = inspect.type_info(record_type)
    assert isinstance(shape, inspect.StructType)  # noqa: S101 - a programming error, not an input error
    return shapes_in(shape)


def shapes_in(shape: inspect.StructType) -> dict[str, inspect.Type]:
    """Return the shape of each field of a Struct's shape. An optional field has its shape without null."""
    return {field.encode_name: _present(field.type) for field in shape.fields}


def plain(shape: inspect.Type) -> inspect.Type:
    """Return a shape without its metadata, such as limits."""
    return shape.type if isinstance(shape, inspect.Metadata) else shape


def is_time(shape: inspect.Type) -> bool:
    """Return whether a field is a time, by the refusal code in its annotation."""
    if not isinstance(shape, inspect.Metadata):
        return False
    return (shape.extra or {}).get("refused_as") == "TIME_OUT_OF_RANGE"


def _present(shape: inspect.Type) -> inspect.Type:
    if not isinstance(shape, inspect.UnionType):
        return shape
    return next(member for member in shape.types if not isinstance(member, inspect.NoneType))
