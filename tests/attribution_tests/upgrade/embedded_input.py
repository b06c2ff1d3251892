"""Runs of the embedded host over a recording: a stream, or a directory of bare records."""

import sqlite3
from bisect import bisect_left
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from attribution.commands.simulate import write_stream
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import BY_NAME
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.embedded.plan import Plan
from attribution_tests.hosts.embedded.embedded_runs import HOUR, plan_for, process, write_sorted

Kind: TypeAlias = Literal["stream", "directory"]
KINDS: Final[tuple[Kind, ...]] = ("stream", "directory")
_STEP_RECORDS: Final = 300
_CACHE_TOUCHES: Final = 200
"""So few that most buyers are written to the state and read again."""

_ORDER_AGE_MS: Final = 36 * HOUR
"""So short that the second part ends orders of the first."""


class EmbeddedInput:
    """The input of a run, in a folder. It holds the part before the cut until ``grow`` is called.

    A bare record has no other time than its own, so the files of a directory are cut by that.
    """

    def __init__(
        self, kind: Kind, folder: Path, first: list[ProducerRecord], second: list[ProducerRecord], cut: int
    ) -> None:
        self._is_stream = kind == "stream"
        self._whole = [*first, *second]
        self.path = folder / ("input.ndjson" if self._is_stream else "input")
        if self._is_stream:
            write_stream(first, self.path)
        else:
            write_sorted(self._whole, self.path)
            for file in self.path.iterdir():
                _cut(file, cut)

    def grow(self) -> None:
        """Append the part after the cut."""
        if self._is_stream:
            write_stream(self._whole, self.path)
        else:
            write_sorted(self._whole, self.path)


def _cut(file: Path, cut: int) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    times = TopicDecoder(BY_NAME[file.stem]).own_timestamps(lines, 0)
    file.write_bytes(b"".join(lines[: bisect_left(times, cut)]))


def run(plan: Plan) -> None:
    """Run to the end of the input."""
    process(plan)


def plan_of(input_: EmbeddedInput, output: Path, state: Path | None) -> Plan:
    """Return a plan of small steps and a small cache."""
    return plan_for(
        input_.path,
        output,
        state,
        step_records=_STEP_RECORDS,
        cache_touches=_CACHE_TOUCHES,
        order_age_ms=_ORDER_AGE_MS,
    )


def set_paths(state: Path, input_: str, output: str) -> None:
    """Set the paths that a state file names: they were those of another machine."""
    with closing(sqlite3.connect(state)) as database:
        (row,) = database.execute("SELECT value FROM run WHERE key = ?", (b"mark",)).fetchone()
        checkpoint = msgspec.msgpack.decode(row) | {"input": input_, "output": output}
        changed = msgspec.msgpack.encode(checkpoint)
        database.execute("UPDATE run SET value = ? WHERE key = ?", (changed, b"mark"))
        database.commit()
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")  # so that no free page keeps the former paths
