"""Growing inputs and slow pipes: available records are processed, and SIGTERM stops the run gracefully."""

from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Final, Self

import pytest

from attribution.engine.stores.sqlite import SqliteStore
from attribution.hosts.embedded.checkpoint import read_checkpoint
from attribution_tests.hosts.embedded import embedded_runs as runs

TICK: Final = {"occurred_at": runs.T}
SOON: Final = 3.0
"""The time limit in seconds for work that needs no waiting, ten times the longest wait of a run."""


def append(file: Path, data: bytes) -> None:
    with file.open("ab") as output:
        output.write(data)


class Followed:
    """A program that follows an input, and its output."""

    def __init__(self, input_: Path | str, folder: Path, *more: object) -> None:
        folder.mkdir(exist_ok=True)
        self.output = folder / "out"
        arguments = runs.arguments_for(input_, folder)
        stdin = runs.PIPE if input_ == "-" else None
        self.program = runs.Program(*arguments, *more, folder=folder, stdin=stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.__exit__()

    def until_decided(self, count: int, seconds: float = runs.DEADLINE_SECONDS) -> list[str]:
        file = self.output / "decisions.ndjson"
        assert self.program.until(lambda: runs.lines_of(file) >= count, seconds), self.program.said()
        return runs.decided(self.output)

    def until_refused(self, count: int) -> None:
        file = self.output / "dead-letters.ndjson"
        assert self.program.until(lambda: runs.lines_of(file) >= count), self.program.said()

    def until_started(self) -> None:
        assert self.program.until(lambda: '"event":"run ' in self.program.said()), self.program.said()


def test_lines_appended_to_a_stream(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    stream.write_bytes(runs.envelopes([0]))
    with Followed(stream, tmp_path, "--follow") as run:
        assert run.until_decided(1) == ["o0"]
        append(stream, runs.envelopes([1, 2]))
        assert run.until_decided(3) == ["o0", "o1", "o2"]
        append(stream, b"broken\n" + runs.envelopes([3]))
        assert run.until_decided(4) == ["o0", "o1", "o2", "o3"]
        assert run.program.terminate() == 0
    assert len(runs.decoded(run.output, "dead-letters")) == 1


def test_half_a_line_of_a_stream_waits(tmp_path: Path) -> None:
    """The lines before it are processed. It is processed once its end has arrived, in any number of parts."""
    stream = tmp_path / "stream"
    text = runs.envelopes([0, 1, 2])
    half, later = len(text) - 30, len(text) - 10
    stream.write_bytes(text[:half])
    with Followed(stream, tmp_path, "--follow") as run:
        assert run.until_decided(2) == ["o0", "o1"]
        append(stream, text[half:later])
        append(stream, text[later:] + b"broken\n")
        run.until_refused(1)
        assert run.program.terminate() == 0
    assert runs.decided(run.output) == ["o0", "o1", "o2"]
    assert [one["offset"] for one in runs.decoded(run.output, "dead-letters")] == [3]


def test_half_a_line_is_left_to_the_next_run(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    text = runs.envelopes([0, 1])
    stream.write_bytes(text[:-30])
    with Followed(stream, tmp_path, "--follow") as run:
        run.until_decided(1)
        assert run.program.terminate() == 0
    append(stream, text[-30:])
    runs.process(runs.plan_for(stream, run.output, tmp_path / "state"))
    assert runs.decided(run.output) == ["o0", "o1"]
    assert runs.decoded(run.output, "dead-letters") == []


def test_lines_appended_to_a_directory_and_a_file_that_appears(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with Followed(data, tmp_path, "--follow") as run:
        run.until_started()
        (data / "orders.ndjson").write_bytes(runs.orders([0]))
        assert run.until_decided(1) == ["o0"]
        append(data / "orders.ndjson", runs.orders([1]))
        assert run.until_decided(2) == ["o0", "o1"]
        (data / "links.ndjson").write_bytes(runs.line(runs.link()))
        (data / "clicks.ndjson").write_bytes(b"broken\n")
        run.until_refused(1)
        append(data / "clicks.ndjson", runs.line(runs.click(-runs.HOUR)))
        assert run.until_decided(4) == ["o0", "o1", "o0", "o1"]
        assert run.program.terminate() == 0
    verdicts = [
        [one["verdict"] for one in made["candidates"]] for made in runs.decoded(run.output, "decisions")
    ]
    assert verdicts == [[], [], ["PROMOTER_NOT_ENROLLED"], ["PROMOTER_NOT_ENROLLED"]]


def test_half_a_line_of_a_file_delays_no_other_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    text = runs.orders([0, 1])
    (data / "orders.ndjson").write_bytes(text[:-20])
    with Followed(data, tmp_path, "--follow") as run:
        assert run.until_decided(1) == ["o0"]
        (data / "clicks.ndjson").write_bytes(b"broken\n")
        run.until_refused(1)
        assert runs.decided(run.output) == ["o0"]
        append(data / "orders.ndjson", text[-20:])
        assert run.until_decided(2) == ["o0", "o1"]
        assert run.program.terminate() == 0
    assert len(runs.decoded(run.output, "dead-letters")) == 1


@pytest.mark.parametrize("kind", ["stream", "directory"])
def test_sigterm_leaves_everything_committed(kind: str, tmp_path: Path) -> None:
    """The next run has nothing to do. After more input, it resumes there."""
    data = tmp_path / "data"
    data.mkdir()
    source = data if kind == "directory" else data / "stream"
    file = data / "orders.ndjson" if kind == "directory" else data / "stream"
    made = runs.orders if kind == "directory" else runs.envelopes
    file.write_bytes(made(range(20)))
    with Followed(source, tmp_path, "--follow", "--step-records", 3) as run:
        run.until_decided(20)
        assert run.program.terminate() == 0
    plan = runs.plan_for(source, run.output, tmp_path / "state")
    assert runs.process(plan) == []
    append(file, made(range(20, 25)))
    assert sum(step.records for step in runs.process(plan)) == 5
    whole = plan._replace(output=tmp_path / "whole", state=None)
    runs.process(whole)
    assert runs.files_of(run.output) == runs.files_of(whole.output)


def test_sigterm_in_the_middle_of_a_long_input(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    stream.write_bytes(runs.envelopes(range(3_000)))
    with Followed(stream, tmp_path, "--step-records", 1) as run:
        done = len(run.until_decided(10))
        assert run.program.terminate() == 0
    assert '"event":"run stopped"' in run.program.said()
    stopped = len(runs.decided(run.output))
    assert done <= stopped < 3_000
    rest = runs.process(runs.plan_for(stream, run.output, tmp_path / "state"))
    assert sum(step.records for step in rest) == 3_000 - stopped
    assert runs.decided(run.output) == [f"o{number}" for number in range(3_000)]


def test_a_slow_pipe_is_processed_as_it_arrives(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        for number in range(3):
            run.program.write(runs.envelopes([number]))
            assert len(run.until_decided(number + 1)) == number + 1
        run.program.write(runs.envelopes([3])[:-1])
        assert run.program.end() == 0
    assert runs.decided(run.output) == ["o0", "o1", "o2", "o3"]


def test_sigterm_ends_a_run_on_an_idle_pipe(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        run.until_started()
        assert run.program.terminate(SOON) == 0


def test_sigterm_ends_a_run_on_a_pipe_that_has_fallen_silent(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        run.program.write(runs.envelopes([0]))
        run.until_decided(1)
        assert run.program.terminate(SOON) == 0
    with closing(SqliteStore(tmp_path / "state", 1 << 20)) as store:
        checkpoint = read_checkpoint(store, "-")
    assert checkpoint is not None
    assert checkpoint.lengths == {file.stem: file.stat().st_size for file in run.output.iterdir()}


def test_sigterm_ends_a_run_on_half_a_line(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        run.program.write(runs.envelopes([0]) + b'{"topic":')
        run.until_decided(1)
        run.program.write(b'"orders"')
        drained(run)
        assert run.program.terminate(SOON) == 0


def test_half_a_line_in_a_pipe_delays_no_line_before_it(tmp_path: Path) -> None:
    """Each line arrives while the first half of the next one is under way."""
    with Followed("-", tmp_path) as run:
        run.until_started()
        for number in range(30):
            run.program.write(runs.envelopes([number]))
            drained(run)
            run.program.write(b'{"topic":"orders",')
            run.until_decided(number + 1)
            run.program.write(runs.envelopes([0])[len(b'{"topic":"orders",') :])
        assert run.program.terminate(SOON) == 0


def drained(run: Followed) -> None:
    """Wait until the program has read everything from its pipe."""
    assert run.program.process.stdin is not None
    pipe = run.program.process.stdin.fileno()
    assert run.program.until(lambda: runs.waiting_in(pipe) == 0)


def test_a_pipe_sent_again_is_processed_as_it_arrives(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        run.program.write(runs.envelopes(range(3)))
        assert run.program.end() == 0
    with Followed("-", tmp_path) as run:
        run.until_started()
        run.program.write(runs.envelopes(range(4)))
        run.until_decided(4, SOON)


def test_sigterm_ends_a_run_whose_pipe_is_sent_again_and_is_idle(tmp_path: Path) -> None:
    with Followed("-", tmp_path) as run:
        run.program.write(runs.envelopes(range(3)))
        assert run.program.end() == 0
    with Followed("-", tmp_path) as run:
        run.program.write(runs.envelopes([0]))
        drained(run)
        assert run.program.terminate(SOON) == 0


@pytest.mark.parametrize("bytes_a_line", [1_000, 200_000])
def test_a_pipe_with_more_input_is_read_without_waiting(bytes_a_line: int, tmp_path: Path) -> None:
    """This holds for long lines, and for lines that are already processed."""
    padding = "x" * bytes_a_line
    count = 4_000_000 // bytes_a_line
    lines = [runs.envelope("ticks", TICK | {"event_id": f"t{n}", "padding": padding}) for n in range(count)]
    for _ in range(2):
        with Followed("-", tmp_path) as run:
            run.until_started()
            began = monotonic()
            run.program.write(b"".join(lines))
            assert run.program.end() == 0
            assert monotonic() - began < SOON
