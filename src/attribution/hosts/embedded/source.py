"""Where the embedded host's records come from."""

from typing import NamedTuple, Protocol

import msgspec

from attribution.engine.record import Record


class Position(msgspec.Struct, array_like=True):
    """How far an input was processed: records, the byte behind the last of them, the latest timestamp.

    Of a file that is read in time order, ``bytes`` is its whole size: it must not change.
    """

    records: int = 0
    bytes: int = 0
    latest: int = 0
    in_time_order: bool = False


class Progress(NamedTuple):
    """How much of the input was read, and how much there is (None in a pipe); bytes."""

    done: int
    total: int | None


class Source(Protocol):
    """Records in the order in which they are processed, and how far that went."""

    def read(self) -> list[Record] | None:
        """Return the next records; an empty list when there are none now, None when there are no more."""
        ...

    def advance(self, records: list[Record]) -> None:
        """Note that records, the next in order, have been processed."""
        ...

    def positions(self) -> dict[str, Position]:
        """Return how far each input was processed."""
        ...

    def progress(self) -> Progress:
        """Return how much of the input was read."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
