"""Memory has a limit without a state file, and is bounded with one."""

from itertools import pairwise
from pathlib import Path

import pytest

from attribution.commands.simulate import write_directory
from attribution.errors import LimitError
from attribution_tests.hosts.embedded import embedded_runs as runs

CACHE = 200
MIB = 1 << 20


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("memory") / "data"
    write_directory(runs.traffic(), directory)
    return directory


def test_above_the_limit_a_run_in_memory_ends_with_75(data: Path, tmp_path: Path) -> None:
    code, said = runs.run_program(
        "-i", data, "-o", tmp_path / "out", folder=tmp_path, ATTRIBUTION_MEMORY__LIMIT_MB="1"
    )
    assert code == 75
    assert said.splitlines()[-1] == (
        "error: the state in memory outgrew 1 MiB (memory.limit_mb): "
        "give a --state file, which keeps memory bounded, or raise the limit"
    )


def test_the_step_that_exceeds_the_limit_is_the_last(data: Path, tmp_path: Path) -> None:
    plan = runs.plan_for(data, tmp_path / "out", step_records=10, memory_limit_bytes=MIB)
    with pytest.raises(LimitError, match="outgrew 1 MiB"):
        runs.process(plan)
    assert len(runs.process(plan._replace(memory_limit_bytes=1 << 40, replace=True))) > 100


def test_with_a_state_file_memory_has_no_limit(data: Path, tmp_path: Path) -> None:
    code, said = runs.run_program(
        "-i", data, "-o", tmp_path / "out", "--state", tmp_path / "state", folder=tmp_path,
        ATTRIBUTION_MEMORY__LIMIT_MB="1",
    )  # fmt: skip
    assert code == 0, said


def test_with_a_state_file_the_cache_stays_within_its_limit(data: Path, tmp_path: Path) -> None:
    in_memory = runs.plan_for(data, tmp_path / "whole", step_records=50)
    on_disk = in_memory._replace(output=tmp_path / "out", state=tmp_path / "state", cache_touches=CACHE)
    unbounded = [step.sizes["touches"] for step in runs.process(in_memory)]
    bounded = [step.sizes["touches"] for step in runs.process(on_disk)]
    assert all(before <= after for before, after in pairwise(unbounded))
    assert unbounded[-1] > 10 * CACHE
    assert CACHE // 2 < max(bounded) <= CACHE
    assert runs.files_of(on_disk.output) == runs.files_of(in_memory.output)


def test_a_buyer_larger_than_the_cache_is_not_kept(data: Path, tmp_path: Path) -> None:
    plan = runs.plan_for(data, tmp_path / "out", tmp_path / "state", step_records=500, cache_touches=1)
    assert {step.sizes["touches"] for step in runs.process(plan)} <= {0, 1}
