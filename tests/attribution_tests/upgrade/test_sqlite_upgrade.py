"""``attribution run`` continues from the state file of an earlier release."""

from pathlib import Path

import pytest

from attribution_tests.hosts.embedded.embedded_runs import outputs_of
from attribution_tests.upgrade.embedded_input import KINDS, EmbeddedInput, Kind, plan_of, run, set_paths
from attribution_tests.upgrade.recording import Recording, name_of, read_gzip, recordings
from attribution_tests.upgrade.results import assert_same_results


def unpack(recording: Recording, kind: Kind, state: Path, output: Path) -> None:
    """Write the recorded state file and outputs."""
    output.mkdir()
    for file in (recording.folder / kind).iterdir():
        target = state if file.stem == "state.sqlite" else output / file.stem
        target.write_bytes(read_gzip(file))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recording", recordings(), ids=name_of)
def test_a_run_continues_from_the_state_of_a_release(
    recording: Recording, kind: Kind, tmp_path: Path
) -> None:
    cut = recording.manifest.cut
    input_ = EmbeddedInput(kind, tmp_path, recording.first(), recording.second(), cut)
    state, output = tmp_path / "state.sqlite", tmp_path / "output"
    unpack(recording, kind, state, output)
    recorded = outputs_of(output)
    set_paths(state, str(input_.path.resolve()), str(output.resolve()))
    run(plan_of(input_, output, state))
    assert outputs_of(output) == recorded, "the first part is done"

    input_.grow()
    run(plan_of(input_, output, state))
    run(plan_of(input_, tmp_path / "whole", None))
    found, expected = outputs_of(output), outputs_of(tmp_path / "whole")
    assert {topic: rows[: len(recorded[topic])] for topic, rows in found.items()} == recorded
    assert len(found["commissions"]) > len(recorded["commissions"]) + 10
    assert_same_results(found, expected)
