"""Steps of any size, state in memory or in SQLite with next to no cache: the same bytes."""

from pathlib import Path

import pytest
from embedded_runs import Files, files_of, plan_for, process, traffic

from attribution.hosts.simulate import write_directory, write_stream

KINDS = ("directory", "stream")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steps")
    write_directory(traffic(), folder / "directory")
    write_stream(traffic(), folder / "stream")
    return folder


@pytest.fixture(scope="module")
def whole(data: Path) -> dict[str, Files]:
    """All in one step, in memory."""
    for kind in KINDS:
        assert len(process(plan_for(data / kind, data / f"{kind}-out"))) == 1
    return {kind: files_of(data / f"{kind}-out") for kind in KINDS}


def test_the_traffic_has_what_it_takes(whole: dict[str, Files]) -> None:
    for files in whole.values():
        assert files["decisions.ndjson"].count(b'"supersedes"') > 5
        assert files["decisions.ndjson"].count(b'"CREDITED"') > 10
        assert files["commissions.ndjson"].count(b"\n") > 50
        assert files["dead-letters.ndjson"].count(b"\n") > 5


@pytest.mark.parametrize("has_state", [False, True], ids=["memory", "sqlite"])
@pytest.mark.parametrize("step_records", [1, 7, 1_000])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_any_size(
    kind: str, step_records: int, has_state: bool, data: Path, whole: dict[str, Files], tmp_path: Path
) -> None:
    state = tmp_path / "state" if has_state else None
    plan = plan_for(data / kind, tmp_path / "out", state, step_records=step_records, cache_touches=5)
    steps = process(plan)
    assert all(step.records == step_records for step in steps[:-1])
    assert files_of(plan.output) == whole[kind]


def test_a_run_in_parts_gives_the_same(data: Path, whole: dict[str, Files], tmp_path: Path) -> None:
    """A stream that is longer at each run."""
    lines = (data / "stream").read_bytes().splitlines(keepends=True)
    stream = tmp_path / "stream"
    plan = plan_for(stream, tmp_path / "out", tmp_path / "state", step_records=100, cache_touches=5)
    for count in range(0, len(lines), len(lines) // 7):
        with stream.open("ab") as file:
            file.write(b"".join(lines[count : count + len(lines) // 7]))
        process(plan)
    assert files_of(plan.output) == whole["stream"]
