"""The records of an input file before validation, and the faults found in them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the input: a file, and a line (``line 5``) or an index (``links[0]``) in it."""

    file: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.where}" if self.where else self.file


@dataclass(frozen=True, slots=True)
class Fault:
    """An error in the input. Any fault prevents writing.

    ``field`` may be empty. ``reason`` also says what to do.
    """

    place: Place
    field: str
    code: str
    reason: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.place}: {field}{self.reason} ({self.code})"


@dataclass(frozen=True, slots=True)
class Draft:
    """One record as the file gives it: JSON values, but a time may still be text."""

    place: Place
    topic: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts in a file, and a fault for each part that can't be read."""

    drafts: list[Draft]
    faults: list[Fault]
