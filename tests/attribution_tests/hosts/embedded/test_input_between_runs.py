"""Inputs that changed since the last run: shorter, with more lines, or with a last newline."""

import gc
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from attribution.errors import InputError
from attribution.hosts.embedded.plan import Plan
from attribution.hosts.embedded.run import EmbeddedRun
from attribution_tests.hosts.embedded import embedded_runs as runs

TICK: Final = {"event_id": "t", "occurred_at": runs.T}


def test_a_stream_shorter_than_processed_is_66(tmp_path: Path) -> None:
    plan = runs.small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    size = Path(plan.input).stat().st_size
    runs.small_plan(tmp_path, runs.envelopes(range(2)))
    code, said = runs.run_program(*runs.arguments_for(plan.input, tmp_path), folder=tmp_path)
    assert code == 66
    assert f"{plan.input} is shorter than the part already processed ({size} bytes)" in said


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param(range(3), range(2), id="sorted"),
        pytest.param((2, 1, 0), (2, 1), id="unsorted"),
        pytest.param(range(3), (), id="empty"),
        pytest.param(range(3), None, id="gone"),
    ],
)
def test_a_file_shorter_than_processed_is_66(
    lines: tuple[int, ...], left: tuple[int, ...] | None, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "ticks.ndjson").write_bytes(runs.line(TICK))
    file = data / "orders.ndjson"
    file.write_bytes(runs.orders(lines))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    runs.process(plan)
    if left is None:
        file.unlink()
    else:
        file.write_bytes(runs.orders(left))
    with pytest.raises(InputError, match="use the input that the state belongs to"):
        runs.process(plan)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_refused_directory_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(runs.line(runs.click(0)))
    (data / "orders.ndjson").write_bytes(runs.orders(range(3)))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    runs.process(plan)
    (data / "orders.ndjson").write_bytes(runs.orders(range(2)))
    with pytest.raises(InputError) as caught:
        runs.process(plan)
    still_open = [descriptor.resolve() for descriptor in Path("/proc/self/fd").iterdir()]
    del caught
    gc.collect()
    assert data / "clicks.ndjson" not in still_open


def test_a_pipe_shorter_than_processed_is_66(tmp_path: Path) -> None:
    codes = []
    for count in (3, 2):
        with runs.Program(
            *runs.arguments_for("-", tmp_path), "-q", folder=tmp_path, stdin=runs.PIPE
        ) as program:
            program.write(runs.envelopes(range(count)))
            codes.append(program.end())
    assert codes == [0, 66]


@pytest.mark.parametrize("count", [3, 4])
def test_a_pipe_sent_again_is_read_from_where_the_run_ended(count: int, tmp_path: Path) -> None:
    for lines in (3, count):
        with runs.Program(
            *runs.arguments_for("-", tmp_path), "-q", folder=tmp_path, stdin=runs.PIPE
        ) as program:
            program.write(runs.envelopes(range(lines)))
            assert program.end() == 0
    assert runs.decided(tmp_path / "out") == [f"o{number}" for number in range(count)]


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "directory"])
def test_a_last_line_without_newline_is_not_a_shorter_input(is_stream: bool, tmp_path: Path) -> None:
    plan = runs.small_plan(tmp_path, runs.envelopes(range(3))[:-1])
    if not is_stream:
        (tmp_path / "data").mkdir()
        (tmp_path / "data/orders.ndjson").write_bytes(runs.orders(range(3))[:-1])
        plan = plan._replace(input=str(tmp_path / "data"))
    runs.process(plan)
    assert runs.process(plan) == []


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "directory"])
def test_a_last_line_gets_its_newline_and_more_lines_later(is_stream: bool, tmp_path: Path) -> None:
    if is_stream:
        file, source, text = tmp_path / "stream", tmp_path / "stream", runs.envelopes(range(6))
    else:
        source = tmp_path / "data"
        source.mkdir()
        file, text = source / "orders.ndjson", runs.orders(range(6))
    plan = runs.plan_for(source, tmp_path / "out", tmp_path / "state")
    cut = [place for place, byte in enumerate(text) if byte == ord("\n")][2]
    for part in (text[:cut], text):
        file.write_bytes(part)
        runs.process(plan)
    assert runs.decided(plan.output) == [f"o{number}" for number in range(6)]


def bad(number: int) -> bytes:
    """Return a line that becomes a dead letter and has its own time."""
    return runs.line({"occurred_at": runs.T + number})


def test_earlier_lines_added_to_a_file_between_runs_are_read_once(tmp_path: Path) -> None:
    """Two lines were processed. The two new ones are earlier, so the file is no longer sorted."""
    data = tmp_path / "data"
    data.mkdir()
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    (data / "clicks.ndjson").write_bytes(bad(8) + bad(9))
    runs.process(plan)
    (data / "clicks.ndjson").write_bytes(bad(8) + bad(9) + bad(1) + bad(2))
    runs.process(plan)
    assert sorted(one["offset"] for one in runs.decoded(plan.output, "dead-letters")) == [0, 1, 2, 3]


def follow(plan: Plan) -> None:
    """Follow an input and stop at the third check."""
    looks = iter(range(3))
    with closing(EmbeddedRun(plan._replace(follow=True))) as run:
        run.run(lambda _: None, lambda: next(looks, None) is None)


def test_a_followed_file_resumes_in_the_order_of_its_lines(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    follow(plan)
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    runs.process(plan)
    assert [one["offset"] for one in runs.decoded(plan.output, "dead-letters")] == [0, 1, 2, 3]


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_file_read_in_time_order_must_not_grow(is_followed: bool, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    runs.process(plan)
    assert runs.process(plan) == []
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    with pytest.raises(InputError, match="has grown since its lines were read in time order"):
        runs.process(plan) if not is_followed else follow(plan)


def test_a_file_half_read_in_time_order_is_not_followed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state", step_records=2)
    runs.run_partly(plan, steps=1)
    with pytest.raises(InputError, match="2 of its lines are left"):
        follow(plan)
    runs.process(plan)
    assert sorted(one["offset"] for one in runs.decoded(plan.output, "dead-letters")) == [0, 1, 2, 3]
