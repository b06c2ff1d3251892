"""Files and pipes, read in blocks of whole lines."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

BLOCK_BYTES: Final = 512 * 1024


class Block(NamedTuple):
    """Whole lines, without their ends, and where in the file they begin."""

    start: int
    lines: list[bytes]


class LineReader:
    """Reads a file from a byte position on, a block at a time; what has no line end yet waits for the rest.

    A line longer than a block makes the block longer.
    """

    def __init__(self, file: io.BufferedReader, start: int = 0, *, follow: bool = False) -> None:
        self._file = file
        self._start = start
        self._rest = b""
        self._follow = follow
        if start:
            skip(file, start)

    def read(self) -> Block | None:
        """Return the next lines, or None when there are none (now, when the file is followed)."""
        while True:
            data = self._file.read1(BLOCK_BYTES)
            if not data:
                return None if self._follow or not self._rest else self._last_line()
            cut = data.rfind(b"\n") + 1
            if cut:
                return self._take(self._rest + data[:cut], data[cut:])
            self._rest += data

    def _take(self, text: bytes, rest: bytes) -> Block:
        block = Block(self._start, text[:-1].split(b"\n"))
        self._start += len(text)
        self._rest = rest
        return block

    def _last_line(self) -> Block:
        return self._take(self._rest + b"\n", b"")


def skip(file: io.BufferedReader, count: int) -> None:
    """Move forward by a number of bytes, also in a pipe."""
    if file.seekable():
        file.seek(count, io.SEEK_CUR)
        return
    while count:
        count -= len(file.read(min(count, BLOCK_BYTES))) or count


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield the blocks of a whole file."""
    with path.open("rb") as file:
        reader = LineReader(file)
        while (block := reader.read()) is not None:
            yield block
