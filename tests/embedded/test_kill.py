"""Runs that are killed, and go on; states, outputs and inputs that are not what a run left behind."""

import gc
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import embedded_runs as runs
import pytest

from attribution.errors import AttributionError, InputError, OutputError, StateError
from attribution.hosts.embedded.output import OutputDirectory
from attribution.hosts.embedded.run import EmbeddedRun, Plan
from attribution.hosts.simulate import write_directory

KILLS: Final = {"unsorted": 12, "sorted": 2, "stream": 5}
KINDS: Final = tuple(KILLS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kill")
    write_directory(runs.traffic(2_000), folder / "unsorted")
    runs.write_sorted(runs.traffic(2_000), folder / "sorted")
    runs.write_disordered(runs.traffic(2_000), folder / "stream")
    return folder


@pytest.fixture(scope="module")
def whole(data: Path) -> dict[str, runs.Files]:
    for kind in KINDS:
        runs.process(runs.plan_for(data / kind, data / f"{kind}-out"))
    return {kind: runs.files_of(data / f"{kind}-out") for kind in KINDS}


def small_plan(folder: Path, lines: bytes, **more: object) -> Plan:
    """A plan with state over a stream of a few lines."""
    stream = folder / "input"
    stream.write_bytes(lines)
    return runs.plan_for(stream, folder / "out", folder / "state", **more)


def test_the_directories_differ_in_what_they_are_to_test(data: Path, whole: dict[str, runs.Files]) -> None:
    assert (data / "sorted/clicks.ndjson").read_bytes() != (data / "unsorted/clicks.ndjson").read_bytes()
    assert all(files["commissions.ndjson"].count(b"\n") > 20 for files in whole.values())


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again(kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path) -> None:
    """Each kill comes when the output has passed a point chosen by chance in its own part of the whole."""
    chance = random.Random(f"kill {kind}")  # noqa: S311 - the same for each run
    wanted = KILLS[kind]
    part = sum(map(len, whole[kind].values())) // (wanted + 2)
    points = [chance.randrange(place * part, (place + 1) * part) + 1 for place in range(wanted)]
    arguments = [*runs.arguments_for(data / kind, tmp_path), "--step-records", 5, "-q"]
    output, kills = tmp_path / "out", 0
    while True:
        point = max(points[kills], runs.size_of(output) + 1) if kills < wanted else None
        with runs.Program(*arguments, folder=tmp_path) as program:
            if point is None or not program.until(lambda least=point: runs.size_of(output) >= least):  # type: ignore[misc]
                assert program.end() == 0, program.said()
                break
            program.kill()
            kills += 1
    assert kills >= wanted // 2
    assert runs.files_of(output) == whole[kind]


@pytest.mark.parametrize("how_far", ["append", "sync"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_that_fails_at_any_point(
    kind: str,
    how_far: str,
    data: Path,
    whole: dict[str, runs.Files],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each third step fails after its outputs are written, or before they are on disk."""
    plan = runs.plan_for(data / kind, tmp_path / "out", tmp_path / "state", step_records=100)
    does = getattr(OutputDirectory, how_far)
    calls = 0

    def fail(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        does(*arguments)
        if calls % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(OutputDirectory, how_far, fail)
    failures = 0
    while True:
        try:
            runs.process(plan)
        except KeyboardInterrupt:
            failures += 1
        else:
            break
    assert failures > 10
    assert runs.files_of(plan.output) == whole[kind]


@pytest.mark.parametrize("kind", ["unsorted", "stream"])
def test_killed_as_soon_as_the_output_directory_is_there(
    kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    arguments = runs.arguments_for(data / kind, tmp_path)
    with runs.Program(*arguments, folder=tmp_path) as program:
        assert program.until((tmp_path / "out").exists)
        program.kill()
    code, said = runs.run_program(*arguments, folder=tmp_path)
    assert code == 0, said
    assert runs.files_of(tmp_path / "out") == whole[kind]


def test_killed_before_anything_came(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    stream.touch()
    arguments = [*runs.arguments_for(stream, tmp_path), "--follow"]
    with runs.Program(*arguments, folder=tmp_path) as program:
        assert program.until(lambda: len(list((tmp_path / "out").glob("*.ndjson"))) == 4)
        program.kill()
    stream.write_bytes(runs.envelopes(range(3)))
    code, said = runs.run_program(*runs.arguments_for(stream, tmp_path), folder=tmp_path)
    assert code == 0, said
    assert runs.decided(tmp_path / "out") == ["o0", "o1", "o2"]


def test_a_run_over_nothing_goes_on(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, b"")
    runs.process(plan)
    small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    assert runs.decided(plan.output) == ["o0", "o1", "o2"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_behind_the_committed_output_is_cut_off(
    kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    plan = runs.plan_for(data / kind, tmp_path / "out", tmp_path / "state", step_records=50)
    run_partly(plan, steps=20)
    for file in plan.output.iterdir():
        with file.open("ab") as output:
            output.write(b'{"half": "a li')
    runs.process(plan)
    assert runs.files_of(plan.output) == whole[kind]


def run_partly(plan: Plan, steps: int) -> None:
    done: list[object] = []
    with closing(EmbeddedRun(plan)) as run:
        run.run(done.append, lambda: len(done) == steps)


@pytest.mark.parametrize("harm", ["shorter", "gone"])
def test_an_output_shorter_than_committed_is_73_and_changes_nothing(
    harm: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    plan = runs.plan_for(data / "stream", tmp_path / "out", tmp_path / "state", step_records=50)
    run_partly(plan, steps=40)
    file = plan.output / "decisions.ndjson"
    before = runs.files_of(plan.output)
    if harm == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.unlink()
    code, said = runs.run_program(*runs.arguments_for(data / "stream", tmp_path), folder=tmp_path)
    assert code == 73
    assert f"{file} has " in said
    assert f"the state says {len(before['decisions.ndjson'])}" in said
    file.write_bytes(before["decisions.ndjson"])
    assert runs.files_of(plan.output) == before
    runs.process(plan)
    assert runs.files_of(plan.output) == whole["stream"]


@pytest.mark.parametrize("count", [0, 3], ids=["nothing was written", "something was written"])
def test_the_output_of_another_run_is_not_cut(count: int, tmp_path: Path) -> None:
    """A run goes on with the output of another, which is as long as what was committed, or longer."""
    plan = small_plan(tmp_path, runs.envelopes(range(count)))
    runs.process(plan)
    other = plan._replace(input=str(tmp_path / "another"), output=tmp_path / "other", state=None)
    (tmp_path / "another").write_bytes(runs.envelopes(range(100, 110)))
    runs.process(other)
    before = runs.files_of(other.output)
    with pytest.raises(OutputError):
        runs.process(plan._replace(output=other.output))
    assert runs.files_of(other.output) == before


def test_the_state_of_another_input_is_74(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    other = tmp_path / "other"
    other.write_bytes(runs.envelopes(range(3)))
    before = runs.files_of(plan.output)
    code, said = runs.run_program(*runs.arguments_for(other, tmp_path), folder=tmp_path)
    assert code == 74
    assert said.startswith(f"error: the state belongs to the input {plan.input}, not to {other}")
    assert runs.files_of(plan.output) == before


def test_the_same_input_by_another_path_is_the_same_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    monkeypatch.chdir(tmp_path)
    assert runs.process(plan._replace(input="./input")) == []


def foreign_database(_: bytes, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
        connection.commit()


DAMAGE: Final = [
    pytest.param(lambda good, file: file.write_bytes(good[: len(good) // 2]), id="half"),
    pytest.param(lambda good, file: file.write_bytes(good[:50]), id="50 bytes"),
    pytest.param(lambda good, file: file.write_bytes(good[:4096].ljust(len(good), b"\0")), id="zeros"),
    pytest.param(lambda good, file: file.write_bytes(good[:4096].ljust(len(good), b"\xa5")), id="garbage"),
    pytest.param(lambda _, file: file.write_bytes(b"no database at all " * 300), id="text"),
    pytest.param(lambda _, file: file.mkdir(), id="a directory"),
    pytest.param(foreign_database, id="another program's"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_is_74(damage: Callable[[bytes, Path], object], data: Path, tmp_path: Path) -> None:
    plan = runs.plan_for(data / "stream", tmp_path / "out", tmp_path / "good")
    runs.process(plan)
    before = runs.files_of(plan.output)
    damage((tmp_path / "good").read_bytes(), tmp_path / "state")
    if damage is foreign_database:
        plan = plan._replace(output=tmp_path / "new")
    with pytest.raises(
        StateError, match=f"{tmp_path}/state.* (another run using it|another program's database)"
    ):
        runs.process(plan._replace(state=tmp_path / "state"))
    assert runs.files_of(tmp_path / "out") == before


def test_a_damaged_state_ends_the_program_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"no database at all " * 300)
    (tmp_path / "input").write_bytes(runs.envelopes(range(3)))
    code, said = runs.run_program(*runs.arguments_for(tmp_path / "input", tmp_path), folder=tmp_path)
    assert code == 74
    assert said == (
        f"error: state file {tmp_path / 'state'}: file is not a database; is another run using it? "
        "otherwise move it away and start without it\n"
    )


def test_a_damaged_page_never_ends_in_a_traceback(data: Path, tmp_path: Path) -> None:
    """Half the input is processed; whichever page is damaged, the rest is processed or the state refused."""
    state = tmp_path / "state"
    plan = runs.plan_for(data / "stream", tmp_path / "out", state, step_records=100, cache_touches=5)
    run_partly(plan, steps=18)
    good, before = state.read_bytes(), runs.files_of(plan.output)
    refused = 0
    pages = len(good) // 4096
    for page in range(1, pages, max(1, pages // 16)):
        state.write_bytes(good[: page * 4096] + b"\xa5" * 4096 + good[(page + 1) * 4096 :])
        for name, text in before.items():
            (plan.output / name).write_bytes(text)
        try:
            runs.process(plan)
        except AttributionError as error:
            refused += 1
            assert error.exit_code == 74  # noqa: PT017 - not every page is read
    assert refused


def test_a_second_run_on_the_same_state_is_74(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    stream.write_bytes(runs.envelopes(range(3)))
    arguments = [*runs.arguments_for(stream, tmp_path), "--follow"]
    second = tmp_path / "second"
    second.mkdir()
    with runs.Program(*arguments, folder=tmp_path) as first:
        assert first.until(lambda: runs.lines_of(tmp_path / "out/decisions.ndjson") == 3)
        code, said = runs.run_program(*arguments, folder=second)
        assert code == 74
        assert said.startswith(f"error: state file {tmp_path / 'state'}: database is locked; is another run")
        with stream.open("ab") as file:
            file.write(runs.envelopes([3]))
        assert first.until(lambda: runs.lines_of(tmp_path / "out/decisions.ndjson") == 4)
        assert first.terminate() == 0


def test_a_stream_shorter_than_processed_is_66(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    size = Path(plan.input).stat().st_size
    small_plan(tmp_path, runs.envelopes(range(2)))
    code, said = runs.run_program(*runs.arguments_for(plan.input, tmp_path), folder=tmp_path)
    assert code == 66
    assert f"{plan.input} is shorter than what was already processed of it ({size} bytes)" in said


TICK: Final = {"event_id": "t", "occurred_at": runs.T}


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
def test_a_refused_directory_is_let_go_of(tmp_path: Path) -> None:
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
def test_a_pipe_that_comes_again_is_read_from_where_the_run_ended(count: int, tmp_path: Path) -> None:
    for lines in (3, count):
        with runs.Program(
            *runs.arguments_for("-", tmp_path), "-q", folder=tmp_path, stdin=runs.PIPE
        ) as program:
            program.write(runs.envelopes(range(lines)))
            assert program.end() == 0
    assert runs.decided(tmp_path / "out") == [f"o{number}" for number in range(count)]


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "directory"])
def test_a_last_line_without_newline_is_no_shorter_input(is_stream: bool, tmp_path: Path) -> None:
    plan = small_plan(tmp_path, runs.envelopes(range(3))[:-1])
    if not is_stream:
        (tmp_path / "data").mkdir()
        (tmp_path / "data/orders.ndjson").write_bytes(runs.orders(range(3))[:-1])
        plan = plan._replace(input=str(tmp_path / "data"))
    runs.process(plan)
    assert runs.process(plan) == []


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "directory"])
def test_a_last_line_gets_its_newline_and_more_later(is_stream: bool, tmp_path: Path) -> None:
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
    """A line that becomes a dead letter, with a time of its own."""
    return runs.line({"occurred_at": runs.T + number})


def test_earlier_lines_added_to_a_file_between_runs_are_read_once(tmp_path: Path) -> None:
    """Two lines were processed; the two that are new are earlier, so that the file is sorted no more."""
    data = tmp_path / "data"
    data.mkdir()
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    (data / "clicks.ndjson").write_bytes(bad(8) + bad(9))
    runs.process(plan)
    (data / "clicks.ndjson").write_bytes(bad(8) + bad(9) + bad(1) + bad(2))
    runs.process(plan)
    assert sorted(one["offset"] for one in runs.decoded(plan.output, "dead-letters")) == [0, 1, 2, 3]


def test_a_file_that_was_followed_goes_on_in_the_order_of_its_lines(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    follow(plan)
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    runs.process(plan)
    assert [one["offset"] for one in runs.decoded(plan.output, "dead-letters")] == [0, 1, 2, 3]


def follow(plan: Plan) -> None:
    """Follow an input until three looks at it are over."""
    looks = iter(range(3))
    with closing(EmbeddedRun(plan._replace(follow=True))) as run:
        run.run(lambda _: None, lambda: next(looks, None) is None)


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_file_taken_in_time_order_must_not_grow(is_followed: bool, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state")
    runs.process(plan)
    assert runs.process(plan) == []
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    with pytest.raises(InputError, match="has grown since its lines were taken in time order"):
        runs.process(plan) if not is_followed else follow(plan)


def test_a_file_taken_halfway_in_time_order_is_not_followed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "clicks.ndjson").write_bytes(bad(9) + bad(8) + bad(1) + bad(2))
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state", step_records=2)
    run_partly(plan, steps=1)
    with pytest.raises(InputError, match="2 of its lines are left"):
        follow(plan)
    runs.process(plan)
    assert sorted(one["offset"] for one in runs.decoded(plan.output, "dead-letters")) == [0, 1, 2, 3]


def test_refused_envelopes_have_the_same_offsets_after_a_kill(tmp_path: Path) -> None:
    lines = [b"bad\n", runs.envelopes([0]), b"bad\n", runs.envelopes([1]), b"bad\n"]
    plan = small_plan(tmp_path, b"".join(lines), step_records=3)
    run_partly(plan, steps=1)
    runs.process(plan)
    whole = plan._replace(state=None, output=tmp_path / "whole")
    runs.process(whole)
    assert runs.files_of(plan.output) == runs.files_of(whole.output)
