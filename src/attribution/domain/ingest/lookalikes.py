"""What a refused value looks like, in words that name the producer's mistake."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

_FRAME: Final = 5
"""A schema registry's frame: a zero byte and the id of the schema in four bytes."""
_DEPTH: Final = 3
"""How deep an envelope is looked for: Debezium has payload.after."""
_MEMBERS: Final = 16
"""How many members of an object are looked into."""


def not_json(value: bytes) -> str | None:
    """Return what a value is that is no JSON, or None if it looks like nothing known.

    >>> not_json(b""), not_json(b"{")
    ('the value is empty', None)
    >>> not_json(bytes((0, 0, 0, 0, 7, 123)))
    "the value has a schema registry's frame (schema id 7): publish plain JSON"
    """
    if not value:
        return "the value is empty"
    if value[0] == 0 and len(value) >= _FRAME:
        schema_id = int.from_bytes(value[1:_FRAME], "big")
        return f"the value has a schema registry's frame (schema id {schema_id}): publish plain JSON"
    return None


def twin(name: str, value: dict[str, Any]) -> str:
    """Return that a missing field stands there in camelCase, as the rest of a sentence; else nothing.

    >>> twin("event_id", {"eventId": "e"}), twin("event_id", {})
    ('; there is eventId: names have underscores', '')
    """
    camel_case = _camel_case(name)
    if camel_case == name or camel_case not in value:
        return ""
    return f"; there is {camel_case}: names have underscores"


def envelope(value: dict[str, Any], required: AbstractSet[str], path: str) -> str:
    """Return where a record without required fields seems to be wrapped; nothing if it does not seem so.

    >>> wrapped = {"payload": {"after": {"event_id": "e", "occurred_at": 1}}}
    >>> envelope(wrapped, {"event_id", "occurred_at"}, "$")
    '; the record seems to be wrapped in $.payload.after: publish it alone'
    """
    found = next(_envelopes(value, required, path, _DEPTH), None)
    return "" if found is None else f"; the record seems to be wrapped in {found}: publish it alone"


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _envelopes(value: dict[str, Any], required: AbstractSet[str], path: str, depth: int) -> Iterator[str]:
    """Yield the paths of objects within a value that have at least half of the required fields."""
    for name, member in list(value.items())[:_MEMBERS]:
        if isinstance(member, dict) and depth:
            here = f"{path}.{name[:40]}"
            if 2 * len(required & member.keys()) >= len(required):
                yield here
            yield from _envelopes(member, required, here, depth - 1)
