"""Killed runs resume from their committed output, if it is their own and complete."""

import random
from pathlib import Path
from typing import Final

import pytest

from attribution.commands.simulate import write_directory
from attribution.errors import OutputError
from attribution.hosts.embedded.output import OutputDirectory
from attribution_tests.hosts.embedded import embedded_runs as runs

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


def test_the_inputs_differ_as_the_tests_require(data: Path, whole: dict[str, runs.Files]) -> None:
    assert (data / "sorted/clicks.ndjson").read_bytes() != (data / "unsorted/clicks.ndjson").read_bytes()
    assert all(files["commissions.ndjson"].count(b"\n") > 20 for files in whole.values())


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again(kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path) -> None:
    """The output is divided into parts. Each kill happens at a random size within its part."""
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
    """Every third call of ``append`` or ``sync`` raises an error after its work is done."""
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
def test_killed_as_soon_as_the_output_directory_exists(
    kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    arguments = runs.arguments_for(data / kind, tmp_path)
    with runs.Program(*arguments, folder=tmp_path) as program:
        assert program.until((tmp_path / "out").exists)
        program.kill()
    code, said = runs.run_program(*arguments, folder=tmp_path)
    assert code == 0, said
    assert runs.files_of(tmp_path / "out") == whole[kind]


def test_killed_before_any_input_arrived(tmp_path: Path) -> None:
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


def test_a_run_over_an_empty_input_resumes(tmp_path: Path) -> None:
    plan = runs.small_plan(tmp_path, b"")
    runs.process(plan)
    runs.small_plan(tmp_path, runs.envelopes(range(3)))
    runs.process(plan)
    assert runs.decided(plan.output) == ["o0", "o1", "o2"]


@pytest.mark.parametrize("kind", KINDS)
def test_output_beyond_the_committed_length_is_truncated(
    kind: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    plan = runs.plan_for(data / kind, tmp_path / "out", tmp_path / "state", step_records=50)
    runs.run_partly(plan, steps=20)
    for file in plan.output.iterdir():
        with file.open("ab") as output:
            output.write(b'{"half": "a li')
    runs.process(plan)
    assert runs.files_of(plan.output) == whole[kind]


@pytest.mark.parametrize("harm", ["shorter", "gone"])
def test_an_output_shorter_than_committed_is_73_and_changes_nothing(
    harm: str, data: Path, whole: dict[str, runs.Files], tmp_path: Path
) -> None:
    plan = runs.plan_for(data / "stream", tmp_path / "out", tmp_path / "state", step_records=50)
    runs.run_partly(plan, steps=40)
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
def test_the_output_of_another_run_is_not_truncated(count: int, tmp_path: Path) -> None:
    """A run resumes with the output of another run, which is at least as long as its committed output."""
    plan = runs.small_plan(tmp_path, runs.envelopes(range(count)))
    runs.process(plan)
    other = plan._replace(input=str(tmp_path / "another"), output=tmp_path / "other", state=None)
    (tmp_path / "another").write_bytes(runs.envelopes(range(100, 110)))
    runs.process(other)
    before = runs.files_of(other.output)
    with pytest.raises(OutputError):
        runs.process(plan._replace(output=other.output))
    assert runs.files_of(other.output) == before


def test_refused_envelopes_have_the_same_offsets_after_a_kill(tmp_path: Path) -> None:
    lines = [b"bad\n", runs.envelopes([0]), b"bad\n", runs.envelopes([1]), b"bad\n"]
    plan = runs.small_plan(tmp_path, b"".join(lines), step_records=3)
    runs.run_partly(plan, steps=1)
    runs.process(plan)
    whole = plan._replace(state=None, output=tmp_path / "whole")
    runs.process(whole)
    assert runs.files_of(plan.output) == runs.files_of(whole.output)
