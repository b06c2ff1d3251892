"""The output directory: one file of records per topic, truncated to its committed length."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from attribution.domain.records.topics import WRITTEN
from attribution.engine.unit_of_work import OutputRecord
from attribution.errors import OutputError


class OutputDirectory:
    """Appends to ``<topic>.ndjson``, one file per output topic.

    A resumed run truncates each file to the length that its state committed. The bytes after that come from a
    step that was not committed.

    Raises:
        OutputError: a file is shorter than its committed length.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        self._paths = _paths(path)
        self._check(lengths)
        self.lengths = {name: lengths.get(name, 0) for name in self._paths}
        self._files = {name: self._open(file, self.lengths[name]) for name, file in self._paths.items()}
        self._unsynced: set[str] = set()

    def append(self, outputs: Mapping[str, list[OutputRecord]]) -> None:
        """Append records to the files of their topics."""
        for topic, records in outputs.items():
            if records:
                text = b"\n".join([record.value for record in records]) + b"\n"
                self._files[topic].write(text)
                self._unsynced.add(topic)
                self.lengths[topic] += len(text)

    def sync(self) -> None:
        """Flush everything appended to disk (fdatasync)."""
        for topic in self._unsynced:
            os.fdatasync(self._files[topic].fileno())
        self._unsynced.clear()

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def paths(self) -> dict[str, Path]:
        """Return the file of each topic."""
        return self._paths

    def _check(self, lengths: Mapping[str, int]) -> None:
        for topic, length in lengths.items():
            file = self._paths[topic]
            size = file.stat().st_size if file.exists() else 0
            if size < length:
                raise OutputError(
                    f"{file} has {size} bytes, but the state says {length}: restore the output that the "
                    "state belongs to, or start again with a new state file and another --output"
                )

    @staticmethod
    def _open(path: Path, length: int) -> BinaryIO:
        file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        file.truncate(length)
        file.seek(length)
        return file


def make_room(path: Path, *, replace: bool) -> None:
    """Create the output directory; with ``replace``, delete an earlier run's files.

    Raises:
        OutputError: an earlier run's files exist, or the directory can't be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"can't create the directory {path} ({error.strerror}): give another --output"
        ) from error
    there = [file for file in _paths(path).values() if file.exists()]
    if there and not replace:
        raise OutputError(
            f"{there[0]} exists from an earlier run: give another --output, or --replace to overwrite it"
        )
    for file in there:
        file.unlink()


def _paths(path: Path) -> dict[str, Path]:
    return {topic.name: path / f"{topic.name}.ndjson" for topic in WRITTEN}
