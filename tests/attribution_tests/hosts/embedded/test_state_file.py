"""State files that a run must refuse: of another input, in use, or damaged."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from attribution.errors import AttributionError, StateError
from attribution_tests.hosts.embedded import embedded_runs as runs


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("state") / "stream"
    runs.write_disordered(runs.traffic(2_000), file)
    return file


def test_the_state_of_another_input_is_74(tmp_path: Path) -> None:
    plan = runs.small_plan(tmp_path, runs.envelopes(range(3)))
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
    plan = runs.small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    monkeypatch.chdir(tmp_path)
    assert runs.process(plan._replace(input="./input")) == []


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
def test_a_damaged_state_is_74(damage: Callable[[bytes, Path], object], stream: Path, tmp_path: Path) -> None:
    plan = runs.plan_for(stream, tmp_path / "out", tmp_path / "good")
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


def test_a_damaged_page_never_ends_in_a_traceback(stream: Path, tmp_path: Path) -> None:
    """With any page damaged after half the input, the rest is processed or the state is refused."""
    state = tmp_path / "state"
    plan = runs.plan_for(stream, tmp_path / "out", state, step_records=100, cache_touches=5)
    runs.run_partly(plan, steps=18)
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
