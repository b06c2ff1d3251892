"""The layouts of rows: each row begins with a byte, the version of its layout.

A program writes rows of its own version, and reads those of earlier versions too. So a state is carried on by
the next release without a conversion, row by row as it changes. Rows that were written before versions
existed have none; they count as version 0. Their MessagePack begins with the head of an array, which no
version reaches.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec

from attribution.errors import StateError

Row = TypeVar("Row")

UNVERSIONED: Final = 0
_LIMIT: Final = 0x80
"""Versions are below it. An array of MessagePack begins with a byte that is not."""
_WORD: Final = 4
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class Layout:
    """The rows of a table: ``version`` changes with their layout, ``type`` is that of their content."""

    def __init__(self, table: str, version: int, type_: Any) -> None:
        self.table = table
        self.version = version
        self.type = type_
        self._head = bytes((version,))


class RowLayout(Layout, Generic[Row]):
    """Rows that consist of the version and MessagePack of ``type_``.

    ``alike`` are earlier versions whose rows ``type_`` reads as well. ``before`` holds readers for the
    others; each takes what follows the version byte.
    """

    def __init__(
        self,
        table: str,
        version: int,
        type_: Any,
        *,
        alike: Iterable[int] = (),
        before: Mapping[int, Callable[[Any], Row]] | None = None,
    ) -> None:
        super().__init__(table, version, type_)
        self._decode: Callable[[Any], Row] = msgspec.msgpack.Decoder(type_).decode
        self._before: dict[int, Callable[[Any], Row]] = {
            **dict.fromkeys(alike, self._decode),
            **(before or {}),
        }

    def pack(self, row: Any) -> bytes:
        """Return the bytes of a row; ``row`` may be a tuple of the same fields."""
        return self._head + _ENCODE(row)

    def unpack(self, stored: bytes) -> Row:
        """Return the row in some bytes.

        Raises:
            StateError: a later program wrote the row.
        """
        if stored[0] == self.version:
            return self._decode(memoryview(stored)[1:])
        if stored[0] >= _LIMIT:
            return self._before[UNVERSIONED](stored)
        return self._reader(stored[0])(memoryview(stored)[1:])

    def _reader(self, version: int) -> Callable[[Any], Row]:
        try:
            return self._before[version]
        except KeyError:
            raise _unreadable(self.table, version, self.version) from None


class BytesLayout(Layout):
    """Rows that consist of the version and a multiple of four bytes."""

    def __init__(self, table: str, version: int) -> None:
        super().__init__(table, version, bytes)

    def pack(self, content: bytes) -> bytes:
        """Return the bytes of a row."""
        return self._head + content

    def unpack(self, stored: bytes) -> bytes:
        """Return the content of a row.

        Raises:
            StateError: a later program wrote the row.
        """
        if len(stored) % _WORD == 0:
            return stored
        if stored[0] != self.version:
            raise _unreadable(self.table, stored[0], self.version)
        return stored[1:]


def _unreadable(table: str, version: int, own: int) -> StateError:
    return StateError(
        f"a row of table {table} has layout {version}, this program reads up to {own}: "
        "run the version that wrote it, or a later one"
    )
