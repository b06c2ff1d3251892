"""What an input file says before it is checked, and what is wrong with it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and a line (``line 5``) or an index (``links[0]``) in it."""

    file: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.where}" if self.where else self.file


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing is written: where, which field (may be empty), the code, and the reason with what to do."""

    place: Place
    field: str
    code: str
    reason: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.place}: {field}{self.reason} ({self.code})"


@dataclass(frozen=True, slots=True)
class Draft:
    """One record as the file has it: JSON values, except that a time may still be text."""

    place: Place
    topic: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drafts:
    """What a file holds, and what of it can't be read."""

    drafts: list[Draft]
    faults: list[Fault]
