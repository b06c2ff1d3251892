"""Describes the layout of a row: what its bytes are made of, whatever its fields are called in the code."""

from typing import Any

from msgspec import inspect


def described(type_: Any) -> Any:
    """Return the description of a type, made of what JSON has.

    >>> described(dict[str, list[int | None]])
    {'dict': ['str', {'list': {'any': ['int', 'none']}}]}
    """
    return _described(inspect.type_info(type_))


def _described(info: inspect.Type) -> Any:  # noqa: PLR0911 - one for each kind of type
    match info:
        case inspect.StructType(array_like=True):
            return {"array": [*_tag(info), *(_described(field.type) for field in info.fields)]}
        case inspect.StructType():
            return {
                "map": {field.encode_name: _described(field.type) for field in info.fields}
                | dict(_named_tag(info))
            }
        case inspect.UnionType():
            return {"any": sorted(map(_described, info.types), key=str)}
        case inspect.LiteralType():
            return {"literal": sorted(info.values, key=str)}
        case inspect.ListType():
            return {"list": _described(info.item_type)}
        case inspect.DictType():
            return {"dict": [_described(info.key_type), _described(info.value_type)]}
        case inspect.TupleType():
            return {"tuple": list(map(_described, info.item_types))}
        case inspect.VarTupleType() | inspect.FrozenSetType() | inspect.SetType():
            return {"list": _described(info.item_type)}
        case inspect.Metadata():
            return _described(info.type)
    return type(info).__name__.removesuffix("Type").lower()


def _tag(info: inspect.StructType) -> list[str]:
    return [] if info.tag is None else [f"tag {info.tag}"]


def _named_tag(info: inspect.StructType) -> list[tuple[str, str]]:
    return [] if info.tag is None else [(info.tag_field or "type", f"tag {info.tag}")]
