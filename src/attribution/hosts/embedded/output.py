"""The output directory: one file of records a topic, cut back to what was committed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from attribution.domain.records.topics import WRITTEN
from attribution.engine.unit_of_work import OutputRecord
from attribution.errors import OutputError


class OutputDirectory:
    """Appends to ``<topic>.ndjson``, one file for each output topic.

    A run that goes on begins with the lengths that its state committed: what lies behind them was written by a step
    that did not come to its end, and is cut off.

    Raises:
        OutputError: the files are shorter than what was committed.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        self._paths = _paths(path)
        self._check(lengths)
        self.lengths = {name: lengths.get(name, 0) for name in self._paths}
        self._files = {name: self._open(file, self.lengths[name]) for name, file in self._paths.items()}
        self._unsynced: set[str] = set()

    def append(self, outputs: Mapping[str, list[OutputRecord]]) -> None:
        """Write records behind those that are there."""
        for topic, records in outputs.items():
            if records:
                text = b"\n".join([record.value for record in records]) + b"\n"
                self._files[topic].write(text)
                self._unsynced.add(topic)
                self.lengths[topic] += len(text)

    def sync(self) -> None:
        """Have everything on disk."""
        for topic in self._unsynced:
            os.fdatasync(self._files[topic].fileno())
        self._unsynced.clear()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()

    def paths(self) -> dict[str, Path]:
        """Return where each topic's records are."""
        return self._paths

    def _check(self, lengths: Mapping[str, int]) -> None:
        for topic, length in lengths.items():
            file = self._paths[topic]
            size = file.stat().st_size if file.exists() else 0
            if size < length:
                raise OutputError(
                    f"{file} has {size} bytes, the state says {length}: bring the output of the run back that the "
                    "state belongs to, or start again with a new state file and another --output"
                )

    @staticmethod
    def _open(path: Path, length: int) -> BinaryIO:
        file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        file.truncate(length)
        file.seek(length)
        return file


def make_room(path: Path, *, replace: bool) -> None:
    """Make the output directory; take an earlier run's files away, if told to.

    Raises:
        OutputError: an earlier run's files are there, or the directory can't be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} can't be made a directory ({error.strerror}): give another --output"
        ) from error
    there = [file for file in _paths(path).values() if file.exists()]
    if there and not replace:
        raise OutputError(
            f"{there[0]} is there from an earlier run: give another --output, or --replace to write over it"
        )
    for file in there:
        file.unlink()


def _paths(path: Path) -> dict[str, Path]:
    return {topic.name: path / f"{topic.name}.ndjson" for topic in WRITTEN}
