"""Tells which private parts of a library are no longer those that the engine was written for."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from attribution.streams.private_parts import PrivateParts

_DIGITS: Final = 12
_WRAPPERS: Final = ("fget", "fun", "_cached_property__get")
"""The attributes in which properties, tasks of a service and cached properties keep their function."""


def changes(distribution: str, relied_on: Iterable[PrivateParts], sources: Mapping[str, str]) -> list[str]:
    """Return a message for each part that is missing or has changed, and for another version of the library.

    ``sources`` holds the digest of each part's source, by name.
    """
    return [change for parts in relied_on for change in _changes(distribution, parts, sources)]


def _changes(distribution: str, parts: PrivateParts, sources: Mapping[str, str]) -> Iterator[str]:
    installed = version(distribution)
    about = (
        f"{distribution} {installed} is installed, this was written for {parts.version}.\n{_purpose(parts)}"
    )
    if installed != parts.version:
        yield f"The version has changed. {about}\nRead its changelog, then change the version in the entry."
    for name in parts.names:
        digest = _digest(name)
        if digest is None:
            yield f"{name} is missing. {about}\nFind what replaces it."
        elif digest != sources.get(name):
            yield (
                f"The source of {name} has changed. {about}\n"
                f"Compare the source with that of {parts.version}, adapt what uses it, and set the digest in "
                f"this test to {digest}."
            )


def _purpose(parts: PrivateParts) -> str:
    return (
        f"Used for: {parts.reason}\nUpstream: {parts.upstream}. If that is solved, use it in place of this."
    )


def _digest(name: str) -> str | None:
    """Return the digest of a part's source; "compiled" if it has none, None if there is no such part."""
    module, _, qualified = name.partition(":")
    try:
        part: Any = import_module(module)
        for step in qualified.split("."):
            part = inspect.getattr_static(part, step)
    except (ImportError, AttributeError):
        return None
    for wrapper in _WRAPPERS:
        part = getattr(part, wrapper, part)
    try:
        return sha256(inspect.getsource(part).encode()).hexdigest()[:_DIGITS]
    except (TypeError, OSError):
        return "compiled"
