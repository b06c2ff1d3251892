"""A directory with one file of bare records per topic, merged in the total order."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path

from attribution.domain.records.topics import BY_NAME, READ
from attribution.engine.merge import Merge
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.errors import InputError
from attribution.hosts.embedded.source import Position, Progress
from attribution.hosts.embedded.topic_file import Lines, check_size, open_topic_file


class DirectorySource:
    """Reads ``<topic>.ndjson`` of every topic that has one.

    With ``follow``, files are read as they grow, each in the order of its lines. The merge does not wait for
    a file that has nothing new.
    """

    def __init__(
        self, path: Path, positions: Mapping[str, Position], timer: StageTimer, *, follow: bool
    ) -> None:
        self._timer = timer
        self._path = path
        self._follow = follow
        self._positions = {topic.name: positions.get(topic.name, Position()) for topic in READ}
        self._files: dict[str, Lines] = {}
        self._merge = Merge(self._positions)
        with ExitStack() as opened:
            opened.callback(self.close)
            self._open_new_files()
            opened.pop_all()
        if not follow and not any((path / f"{name}.ndjson").exists() for name in self._positions):
            names = ", ".join(f"{topic.name}.ndjson" for topic in READ)
            raise InputError(f"{path} has none of the input files: {names}")

    def read(self) -> list[Record] | None:
        """Return the next records: an empty list if there are none yet, None at the end."""
        while (name := self._merge.next_input()) is not None:
            records = self._files[name].read() if name in self._files else []
            with self._timer.stage("merge"):
                if records:
                    self._merge.add(name, records)
                else:
                    self._merge.catch_up(name)
                released = self._merge.release()
            if released:
                return released
        released = self._merge.release()
        if released:
            return released
        if not self._follow:
            return None
        self._open_new_files()
        self._merge.wake()
        return []

    def advance(self, records: list[Record]) -> None:
        """Record that the next records, in order, have been processed."""
        latest = {record.topic: record.timestamp for record in records}
        for name, count in Counter(map(attrgetter("topic"), records)).items():
            position = self._positions[name]
            self._positions[name] = self._files[name].position_after(
                position.records + count, max(position.latest, latest[name])
            )

    def positions(self) -> dict[str, Position]:
        """Return how far each file is processed."""
        return self._positions

    def progress(self) -> Progress:
        """Return how much of the input is processed."""
        sizes = {name: (self._path / f"{name}.ndjson").stat().st_size for name in self._files}
        return Progress(sum(self._positions[name].bytes for name in sizes), sum(sizes.values()))

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _open_new_files(self) -> None:
        for name, position in self._positions.items():
            path = self._path / f"{name}.ndjson"
            if name in self._files:
                continue
            check_size(path, position)
            if path.exists() and (self._follow or path.stat().st_size):
                self._files[name] = open_topic_file(
                    path, BY_NAME[name], position, self._timer, follow=self._follow
                )
