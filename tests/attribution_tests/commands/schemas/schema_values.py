"""Values made from a JSON Schema: any allowed one, the fullest one, and the fullest one broken in each field."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

Schema: TypeAlias = dict[str, Any]
Broken: TypeAlias = tuple[str, Any]

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
BEYOND_64_BITS = 2**70
UNKNOWN_FIELDS: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.just(
    {"x_unknown": {"nested": [1.5, None]}}
)


def kinds(schema: Schema) -> list[Schema]:
    """Return the object schemas of a topic: one, or one per tag."""
    return [resolved(kind, schema) for kind in schema.get("oneOf", [schema])]


def resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def allowed(root: Schema) -> st.SearchStrategy[Any]:
    """Return every value that a schema allows. The filter applies the rules between fields."""
    return values(root, root).filter(Draft202012Validator(root).is_valid)


def values(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    schema = resolved(schema, root)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return st.one_of([values(branch, root) for branch in branches])
    return _of_type(schema, root)


def _of_type(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    match schema["type"]:
        case "integer":
            return st.integers(schema.get("minimum", -BEYOND_64_BITS), schema.get("maximum", BEYOND_64_BITS))
        case "string":
            return _texts(schema)
        case "array":
            return st.lists(values(schema["items"], root), max_size=3)
        case "object":
            return _objects(schema, root)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    raise AssertionError(schema)


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 500)
    usual = st.text(PRINTABLE, min_size=shortest, max_size=min(longest, 12))
    return usual | st.sampled_from(["x" * shortest, "x" * longest])


def _objects(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        keys = _texts(schema.get("propertyNames", {}))
        return st.dictionaries(keys, values(schema["additionalProperties"], root), max_size=3)
    fields = {name: values(field, root) for name, field in schema["properties"].items()}
    optional = {name: fields.pop(name) for name in list(fields) if name not in schema["required"]}
    known = st.fixed_dictionaries(fields, optional=optional)
    return st.builds(lambda value, unknown: value | unknown, known, UNKNOWN_FIELDS)


def fullest(schema: Schema, root: Schema) -> Any:
    """Return a value with every field of a schema."""
    schema = _present(schema, root)
    if "enum" in schema:
        return schema["enum"][0]
    simple = {
        "integer": schema.get("minimum", 0),
        "string": "x" * max(1, schema.get("minLength", 0)),
        "boolean": True,
    }
    if schema["type"] == "array":
        return [fullest(schema["items"], root)]
    if "properties" in schema:
        return {name: fullest(field, root) for name, field in schema["properties"].items()}
    if "additionalProperties" in schema:
        return {"key": fullest(schema["additionalProperties"], root)}
    return simple[schema["type"]]


def _present(schema: Schema, root: Schema) -> Schema:
    """Return the schema of a field that is present: without its null branch."""
    return resolved(next(iter(schema.get("anyOf", [schema]))), root)


def broken(schema: Schema, root: Schema, value: Any) -> Iterator[Broken]:
    """Yield every way to break a value in one place: the field and the change, and the broken value."""
    present = _present(schema, root)
    yield from _wrong_types(present)
    yield from _beyond_limits(present)
    if "properties" in present:
        yield from _broken_fields(present, root, value)
    elif "additionalProperties" in present:
        yield from _broken_entries(present, root, value)
    elif "items" in present:
        yield from ((f"[]{done}", [worse]) for done, worse in broken(present["items"], root, value[0]))


def _wrong_types(schema: Schema) -> Iterator[Broken]:
    yield ": 1.5", 1.5
    if schema.get("type") != "boolean":
        yield ": true", True
    if schema.get("type") != "array":
        yield ": []", []
    if schema.get("type") != "object":
        yield ": {}", {}


def _beyond_limits(schema: Schema) -> Iterator[Broken]:
    if "minimum" in schema:
        yield ": too small", schema["minimum"] - 1
    if "maximum" in schema:
        yield ": too large", schema["maximum"] + 1
    if schema.get("minLength"):
        yield ": too short", "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield ": too long", "x" * (schema["maxLength"] + 1)
    if "enum" in schema:
        yield ": unknown", "no such value"


def _broken_fields(schema: Schema, root: Schema, value: dict[str, Any]) -> Iterator[Broken]:
    for name, field in schema["properties"].items():
        if name in schema["required"]:
            yield f".{name}: missing", {key: kept for key, kept in value.items() if key != name}
        if name in schema["required"] and {"type": "null"} not in field.get("anyOf", []):
            yield f".{name}: null", value | {name: None}
        for done, worse in broken(field, root, value[name]):
            yield f".{name}{done}", value | {name: worse}


def _broken_entries(schema: Schema, root: Schema, value: dict[str, Any]) -> Iterator[Broken]:
    for done, worse in broken(schema["additionalProperties"], root, value["key"]):
        yield f".*{done}", {"key": worse}
    if "maxLength" in schema.get("propertyNames", {}):
        yield ".*: key too long", {"x" * (schema["propertyNames"]["maxLength"] + 1): value["key"]}
