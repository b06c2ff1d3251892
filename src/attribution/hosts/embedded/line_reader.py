"""Files and pipes, read in blocks of whole lines."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from attribution.errors import InputError

BLOCK_BYTES: Final = 512 * 1024


class Block(NamedTuple):
    """Whole lines without their line ends; they lie from byte ``start`` to byte ``stop`` of the file."""

    start: int
    lines: list[bytes]
    stop: int


class LineReader:
    """Reads a file from byte ``start`` on, one block at a time.

    A line longer than a block makes the block longer. A last line without a line end is held back until its
    rest arrives or, without ``follow``, until the file ends.
    """

    def __init__(self, file: io.BufferedReader, start: int = 0, *, follow: bool = False) -> None:
        self._file = file
        self._start = start
        self._rest = b""
        self._follow = follow
        self._is_pipe = not file.seekable()
        self._to_skip = start if self._is_pipe else 0
        if not self._is_pipe:
            file.seek(start, io.SEEK_CUR)

    def read(self) -> Block | None:
        """Return the next lines, or None if there are none (with ``follow``: none yet).

        The block is empty if a pipe has no whole line yet.

        Raises:
            InputError: a pipe ends before ``start``.
        """
        if self._to_skip:
            return self._skip()
        while True:
            data = self._file.read1(BLOCK_BYTES)
            if not data:
                return None if self._follow or not self._rest else self._block(self._rest, b"")
            cut = data.rfind(b"\n") + 1
            if cut:
                return self._block(self._rest + data[:cut], data[cut:])
            self._rest += data
            if self._is_pipe:
                return Block(self._start, [], self._start)

    def _block(self, text: bytes, rest: bytes) -> Block:
        start, self._start = self._start, self._start + len(text)
        self._rest = rest
        return Block(start, text.removesuffix(b"\n").split(b"\n"), self._start)

    def _skip(self) -> Block:
        skipped = len(self._file.read1(min(self._to_skip, BLOCK_BYTES)))
        if not skipped:
            raise InputError(
                f"standard input ends {self._to_skip} bytes before the end of the part already processed: "
                "give the input that the state belongs to, or a new state file"
            )
        self._to_skip -= skipped
        return Block(self._start, [], self._start)


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield the blocks of a whole file."""
    with path.open("rb") as file:
        reader = LineReader(file)
        while (block := reader.read()) is not None:
            yield block
