"""The embedded run: reads records, processes them, and commits step by step."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from io import BufferedReader
from operator import attrgetter
from pathlib import Path
from typing import cast

from attribution.engine.process_memory import collect_seldom, resident_bytes
from attribution.engine.record import Record
from attribution.engine.stage_timer import StageTimer
from attribution.engine.stores.memory import MemoryStore
from attribution.engine.stores.sqlite import SqliteStore
from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.errors import InputError, LimitError, OutputError, StateError
from attribution.hosts.embedded.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from attribution.hosts.embedded.directory_source import DirectorySource
from attribution.hosts.embedded.output import OutputDirectory, make_room
from attribution.hosts.embedded.plan import Plan
from attribution.hosts.embedded.source import Position, Source
from attribution.hosts.embedded.stream_source import StreamSource
from attribution.hosts.embedded.totals import StepReport
from attribution.processor.persistence import EVERYTHING, NOTHING, Limits
from attribution.processor.processor import Processor
from attribution.processor.state_version import EMBEDDED


class EmbeddedRun:
    """One run of the processor over an input.

    A step is a batch for I/O only. Its outputs, state and positions are committed together.

    Raises:
        InputError, OutputError, StateError: the error says what is wrong, and what to do.
        LimitError: the state in memory outgrew its limit.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.timer = StageTimer()
        with ExitStack() as opened:
            self._open_all(opened)
            self._open = opened.pop_all()

    def _open_all(self, opened: ExitStack) -> None:
        plan = self._plan
        self._store = opened.enter_context(closing(_open_store(plan)))
        input_name = plan.input if plan.input == "-" else str(Path(plan.input).resolve())
        checkpoint = read_checkpoint(self._store, input_name)
        self._input_name, self._output_name = input_name, str(plan.output.resolve())
        if checkpoint is not None and checkpoint.output != self._output_name:
            raise OutputError(
                f"the state belongs to the output {checkpoint.output}, not to {self._output_name}: "
                "give that output, or a new state file"
            )
        self.resumed = checkpoint is not None
        positions = checkpoint.positions if checkpoint else {}
        self._source = opened.enter_context(closing(_open_source(plan, positions, self.timer)))
        if checkpoint is None:
            make_room(plan.output, replace=plan.replace)
            self._commit(WriteBatch(), {})
        lengths = checkpoint.lengths if checkpoint else {}
        self.output = opened.enter_context(closing(OutputDirectory(plan.output, lengths)))
        keeps_all = plan.state is None
        self._processor = Processor(
            self._store,
            plan.default_policy,
            Limits(None if keeps_all else plan.cache_touches, plan.order_age_ms),
            NOTHING if keeps_all else EVERYTHING,
        )
        self._ready: list[Record] = []

    def run(self, on_step: Callable[[StepReport], None], should_stop: Callable[[], bool]) -> None:
        """Process the input to its end, or until ``should_stop`` returns True."""
        collect_seldom()
        while not should_stop():
            batch = self._next_batch()
            if batch is None:
                break
            if batch:
                on_step(self._step(batch))
            elif self._plan.input != "-":
                time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Close all files. Uncommitted work is discarded."""
        self._open.close()

    def _next_batch(self) -> list[Record] | None:
        """Return up to ``step_records`` records; fewer only if the input has no more for now."""
        wanted = self._plan.step_records
        with self.timer.stage("read"):
            while len(self._ready) < wanted:
                records = self._source.read()
                if not records:
                    if not self._ready:
                        return records
                    break
                self._ready += records
            batch, self._ready = self._ready[:wanted], self._ready[wanted:]
            return batch

    def _step(self, batch: list[Record]) -> StepReport:
        processor, unit, stage = self._processor, self._processor.unit, self.timer.stage
        with stage("derive"):
            processor.process(batch)
        self.timer.move(unit.encode_seconds, "derive", "encode")
        with stage("encode"):
            processor.flush()
        with stage("write"):
            self.output.append(unit.outputs)
            self._source.advance(batch)
            if self._plan.state:
                self.output.sync()
            self._commit(unit.write_batch, self.output.lengths)
            processor.trim()
        done = self._report(batch)
        unit.clear()
        self._check_memory(done.sizes)
        return done

    def _commit(self, write_batch: WriteBatch, lengths: Mapping[str, int]) -> None:
        positions = dict(self._source.positions())
        checkpoint = Checkpoint(
            EMBEDDED.number,
            self._input_name,
            self._output_name,
            positions,
            dict(lengths),
            EMBEDDED.release,
        )
        write_checkpoint(write_batch, checkpoint)
        write_batch.write_to(self._store)
        self._store.commit()

    def _report(self, batch: list[Record]) -> StepReport:
        return StepReport(
            records=len(batch),
            consumed=Counter(map(attrgetter("topic"), batch)),
            counts=dict(self._processor.unit.counts),
            sizes=self._processor.state.buyers.sizes()
            | {"state_bytes": self._store.size_bytes(), "resident_bytes": resident_bytes()},
            seconds=self.timer.lap(),
            stream_time=self._processor.state.clock.stream_time,
            progress=self._source.progress(),
        )

    def _check_memory(self, sizes: Mapping[str, int]) -> None:
        if self._plan.state is None and sizes["resident_bytes"] > self._plan.memory_limit_bytes:
            raise LimitError(
                f"the state in memory outgrew {self._plan.memory_limit_bytes >> 20} MiB (memory.limit_mb): "
                "give a --state file, which keeps memory bounded, or raise the limit"
            )


_POLL_SECONDS = 0.1
"""How long to wait if files have nothing new. For standard input the source itself waits."""


def _open_store(plan: Plan) -> Store:
    if plan.state is None:
        return MemoryStore()
    if not plan.state.parent.is_dir():
        raise StateError(
            f"state file {plan.state}: {plan.state.parent} is not a directory: "
            "create it, or give another --state"
        )
    return SqliteStore(plan.state, plan.sqlite_cache_bytes)


def _open_source(plan: Plan, positions: Mapping[str, Position], timer: StageTimer) -> Source:
    if plan.input == "-":
        return StreamSource(_stdin(), positions, timer, follow=False, path=None)
    path = Path(plan.input)
    if path.is_dir():
        return DirectorySource(path, positions, timer, follow=plan.follow)
    if not path.exists():
        raise InputError(f"{path} does not exist: give a directory of <topic>.ndjson files, one file, or -")
    return StreamSource(path.open("rb"), positions, timer, follow=plan.follow, path=path)


def _stdin() -> BufferedReader:
    if sys.stdin is None:
        raise InputError("standard input is closed: give a file, a directory, or a pipe")
    return cast("BufferedReader", sys.stdin.buffer)
