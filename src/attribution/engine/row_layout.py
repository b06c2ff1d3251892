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

    def _damaged(self, error: Exception) -> StateError:
        return StateError(
            f"a row of table {self.table} is damaged ({error}): put back a copy of the state, or see "
            '"Begin anew" in docs/operate.md'
        )

    def _unreadable(self, version: int) -> StateError:
        is_newer = version > self.version
        return StateError(
            f"a row of table {self.table} has layout {version}, this program "
            + (
                f"reads up to {self.version}: run the release that wrote it, or a later one"
                if is_newer
                else "no longer reads it: upgrade through a release that reads both"
            )
        )


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
            StateError: this program does not read the row, or it is damaged.
        """
        try:
            if stored[0] == self.version:
                return self._decode(memoryview(stored)[1:])
            if stored[0] >= _LIMIT:
                return self._reader(UNVERSIONED)(stored)
            return self._reader(stored[0])(memoryview(stored)[1:])
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as error:
            raise self._damaged(error) from error

    def _reader(self, version: int) -> Callable[[Any], Row]:
        reader = self._before.get(version)
        if reader is None:
            raise self._unreadable(version)
        return reader


class BytesLayout(Layout):
    """Rows that consist of the version and some bytes.

    ``before`` holds, by earlier version, what makes today's content of that content. The content of version 0 is a
    multiple of four bytes, and so distinct from all others: today's content must be one as well, as long as version 0
    is read.
    """

    def __init__(
        self, table: str, version: int, before: Mapping[int, Callable[[bytes], bytes]] | None = None
    ) -> None:
        super().__init__(table, version, bytes)
        self._before = dict(before or {})

    def pack(self, content: bytes) -> bytes:
        """Return the bytes of a row."""
        return self._head + content

    def unpack(self, stored: bytes) -> bytes:
        """Return the content of a row.

        Raises:
            StateError: this program does not read the row.
        """
        is_unversioned = UNVERSIONED in self._before and len(stored) % _WORD == 0
        if not (stored or is_unversioned):
            raise self._damaged(ValueError("it is empty"))
        version, content = (UNVERSIONED, stored) if is_unversioned else (stored[0], stored[1:])
        if version == self.version:
            return content
        if version not in self._before:
            raise self._unreadable(version)
        return self._before[version](content)


def unchanged(content: bytes) -> bytes:
    """Return the content of an earlier version, which is today's."""
    return content
