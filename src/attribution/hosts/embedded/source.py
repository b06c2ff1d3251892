"""The protocol of the embedded host's inputs, and the position in them."""

from typing import NamedTuple, Protocol

import msgspec

from attribution.engine.record import Record


class Position(msgspec.Struct, array_like=True):
    """How far an input is processed.

    ``records`` counts records, ``bytes`` is the byte after the last of them, ``latest`` the latest timestamp
    (ms). For a file that is read in time order, ``bytes`` is its whole size, which must not change.
    """

    records: int = 0
    bytes: int = 0
    latest: int = 0
    in_time_order: bool = False


class Progress(NamedTuple):
    """How many bytes of the input are processed, and how many there are (None for a pipe)."""

    done: int
    total: int | None


class Source(Protocol):
    """An input: its records in processing order, and how far they are processed."""

    def read(self) -> list[Record] | None:
        """Return the next records: an empty list if there are none yet, None at the end."""
        ...

    def advance(self, records: list[Record]) -> None:
        """Record that the next records, in order, have been processed."""
        ...

    def positions(self) -> dict[str, Position]:
        """Return how far each input is processed."""
        ...

    def progress(self) -> Progress:
        """Return how much of the input is processed."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...
