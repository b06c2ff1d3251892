"""Finds the faults of a value, field by field, from the annotations of the record types.

The types define once what a field may hold. msgspec enforces it on the fast path; this walk reports the
faults.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from msgspec import inspect

from attribution.domain.ingest.lookalikes import envelope, twin
from attribution.domain.ingest.refusal import Refusal


@cache
def _shape_of(record_type: Any) -> inspect.Type:
    return inspect.type_info(record_type)


def field_faults(value: Any, record_type: Any) -> list[Refusal]:
    """Return all faults of a parsed JSON value against a record type, in no particular order."""
    return list(_walk(value, _shape_of(record_type), "$"))


def _walk(value: Any, shape: inspect.Type, path: str) -> Iterator[Refusal]:
    extra: dict[str, Any] = {}
    if isinstance(shape, inspect.Metadata):
        extra, shape = shape.extra or {}, shape.type
    match shape:
        case inspect.UnionType():
            yield from _walk_union(value, shape, path)
        case inspect.StructType():
            yield from _walk_struct(value, shape, path)
        case inspect.IntType():
            yield from _walk_int(value, shape, path, extra)
        case inspect.StrType():
            yield from _walk_str(value, shape, path, extra)
        case inspect.LiteralType():
            yield from _walk_literal(value, shape, path)
        case inspect.ListType():
            yield from _walk_list(value, shape, path)
        case inspect.DictType():
            yield from _walk_dict(value, shape, path)
        case inspect.BoolType() if not isinstance(value, bool):
            yield _wrong_type(path, "true or false", value)


def _wrong_type(path: str, expected: str, value: Any) -> Refusal:
    return Refusal("WRONG_TYPE", f"{path}: expected {expected}, got {_json_type(value)}")


def _json_type(value: Any) -> str:
    names = {bool: "true or false", int: "integer", float: "a number that is no integer", str: "string"}
    names |= {list: "array", dict: "object", type(None): "null"}
    return names[type(value)]


def _walk_union(value: Any, shape: inspect.UnionType, path: str) -> Iterator[Refusal]:
    structs = [member for member in shape.types if isinstance(member, inspect.StructType)]
    if len(structs) > 1:
        yield from _walk_tagged(value, structs, path)
    elif value is not None:
        (member,) = (m for m in shape.types if not isinstance(m, inspect.NoneType))
        yield from _walk(value, member, path)


def _walk_tagged(value: Any, structs: list[inspect.StructType], path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "object", value)
        return
    tag_field = str(structs[0].tag_field)
    tag = value.get(tag_field)
    by_tag = {member.tag: member for member in structs}
    if isinstance(tag, str) and tag in by_tag:
        yield from _walk_fields(value, by_tag[tag].fields, path)
        return
    in_common = [field for field in structs[0].fields if all(field in other.fields for other in structs)]
    if tag is None:
        required = {field.encode_name for field in in_common if field.required} | {tag_field}
        place = twin(tag_field, value) or envelope(value, required, path)
        yield Refusal("MISSING_FIELD", f"{path}.{tag_field} is missing{place}")
    elif not isinstance(tag, str):
        yield _wrong_type(f"{path}.{tag_field}", "string", tag)
    else:
        yield Refusal("UNKNOWN_VALUE", f"{path}.{tag_field}: {_shortened(tag)} is none of {_listed(by_tag)}")
    yield from _walk_fields(value, in_common, path)


def _walk_struct(value: Any, shape: inspect.StructType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "object", value)
        return
    yield from _walk_fields(value, shape.fields, path)


def _walk_fields(value: dict[str, Any], fields: Iterable[inspect.Field], path: str) -> Iterator[Refusal]:
    fields = list(fields)
    required = {field.encode_name for field in fields if field.required}
    missing = {name for name in required if value.get(name) is None}
    wrapped = envelope(value, required, path) if missing else ""
    for field in fields:
        name, here = field.encode_name, f"{path}.{field.encode_name}"
        if name in missing:
            yield Refusal("MISSING_FIELD", f"{here} is missing{twin(name, value) or wrapped}")
        elif name in value:
            yield from _walk(value[name], field.type, here)


def _walk_int(value: Any, shape: inspect.IntType, path: str, extra: dict[str, Any]) -> Iterator[Refusal]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield _wrong_type(path, "integer", value)
    elif (shape.ge is not None and value < shape.ge) or (shape.le is not None and value > shape.le):
        code = extra.get("refused_as", "OUT_OF_RANGE")
        yield Refusal(code, f"{path}: must lie in {shape.ge}..{shape.le}")


def _walk_str(value: Any, shape: inspect.StrType, path: str, extra: dict[str, Any]) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield _wrong_type(path, "string", value)
        return
    characters = extra.get("counted_in") == "characters"
    length = len(value) if characters else len(value.encode(errors="surrogatepass"))
    if shape.max_length is not None and length > shape.max_length:
        unit = "characters" if characters else "bytes of UTF-8"
        yield Refusal("TOO_LONG", f"{path}: {length} {unit}, at most {shape.max_length}")
    if shape.min_length and not value:
        yield Refusal("OUT_OF_RANGE", f"{path}: is empty")


def _walk_literal(value: Any, shape: inspect.LiteralType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield _wrong_type(path, "string", value)
    elif value not in shape.values:
        yield Refusal("UNKNOWN_VALUE", f"{path}: {_shortened(value)} is none of {_listed(shape.values)}")


def _walk_list(value: Any, shape: inspect.ListType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, list):
        yield _wrong_type(path, "array", value)
        return
    for place, item in enumerate(value):
        yield from _walk(item, shape.item_type, f"{path}[{place}]")


def _walk_dict(value: Any, shape: inspect.DictType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "object", value)
        return
    for key, item in value.items():
        yield from _walk(key, shape.key_type, f"{path} key")
        yield from _walk(item, shape.value_type, f"{path}[{_shortened(key)}]")


def _shortened(text: str) -> str:
    return json.dumps(text[:40])


def _listed(values: Any) -> str:
    listed = [str(value) for value in values]
    return ", ".join(listed) if len(listed) <= 8 else f"the {len(listed)} known values"
