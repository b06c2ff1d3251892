"""Steps of any size give the same bytes, with state in memory or in SQLite with hardly any cache."""

from pathlib import Path
from typing import Final

import pytest

from attribution.commands.simulate import write_directory
from attribution_tests.hosts.embedded import embedded_runs as runs

KINDS: Final = ("directory", "stream")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steps")
    write_directory(runs.traffic(), folder / "directory")
    runs.write_disordered(runs.traffic(), folder / "stream")
    return folder


@pytest.fixture(scope="module")
def whole(data: Path) -> dict[str, Path]:
    """Outputs of runs in a single step, in memory."""
    outputs = {kind: data / f"{kind}-out" for kind in KINDS}
    for kind, output in outputs.items():
        assert len(runs.process(runs.plan_for(data / kind, output))) == 1
    return outputs


def test_the_traffic_covers_what_the_tests_need(whole: dict[str, Path]) -> None:
    for output in whole.values():
        files = runs.files_of(output)
        assert files["decisions.ndjson"].count(b'"CREDITED"') > 10
        assert files["commissions.ndjson"].count(b"\n") > 50
        assert files["dead-letters.ndjson"].count(b"\n") > 5
    assert (whole["stream"] / "decisions.ndjson").read_bytes().count(b'"supersedes"') > 10


@pytest.mark.parametrize("has_state", [False, True], ids=["memory", "sqlite"])
@pytest.mark.parametrize("step_records", [1, 7, 1_000])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_any_size(
    kind: str, step_records: int, has_state: bool, data: Path, whole: dict[str, Path], tmp_path: Path
) -> None:
    state = tmp_path / "state" if has_state else None
    plan = runs.plan_for(data / kind, tmp_path / "out", state, step_records=step_records, cache_touches=5)
    steps = runs.process(plan)
    assert all(step.records == step_records for step in steps[:-1])
    assert runs.files_of(plan.output) == runs.files_of(whole[kind])


def test_a_touch_that_changes_two_orders_of_a_buyer(tmp_path: Path) -> None:
    """The orders arrive as o2, o1. The click before both arrives last."""
    lines = [
        runs.envelope("orders", runs.paid(2_000)),
        runs.envelope("orders", runs.paid(1_000)),
        runs.envelope("clicks", runs.click(0), runs.T + 3_000),
    ]
    (tmp_path / "stream").write_bytes(b"".join(lines))
    runs.process(runs.plan_for(tmp_path / "stream", tmp_path / "whole"))
    runs.process(
        runs.plan_for(
            tmp_path / "stream", tmp_path / "out", tmp_path / "state", step_records=1, cache_touches=1
        )
    )
    assert runs.decided(tmp_path / "out") == runs.decided(tmp_path / "whole")


def test_a_stream_that_grows_between_runs(data: Path, whole: dict[str, Path], tmp_path: Path) -> None:
    lines = (data / "stream").read_bytes().splitlines(keepends=True)
    part = len(lines) // 7
    plan = runs.plan_for(tmp_path / "stream", tmp_path / "out", tmp_path / "state", step_records=100)
    for start in range(0, len(lines), part):
        with (tmp_path / "stream").open("ab") as file:
            file.write(b"".join(lines[start : start + part]))
        runs.process(plan)
    assert runs.files_of(plan.output) == runs.files_of(whole["stream"])
