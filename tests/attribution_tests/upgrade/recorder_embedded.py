"""Records the state and the outputs of ``attribution run`` after the first part of the input."""

from pathlib import Path

from attribution.engine.producer_record import ProducerRecord
from attribution_tests.upgrade.embedded_input import EmbeddedInput, Kind, plan_of, run, set_paths
from attribution_tests.upgrade.recording import write_gzip


def record_embedded(
    kind: Kind,
    parts: tuple[list[ProducerRecord], list[ProducerRecord]],
    cut: int,
    into: Path,
    work: Path,
) -> None:
    """Run the current program in the folder ``work``, and record what it leaves."""
    state, output = work / "state.sqlite", work / "output"
    run(plan_of(EmbeddedInput(kind, work, *parts, cut), output, state))
    set_paths(state, "/input", "/output")
    write_gzip(into / kind / "state.sqlite.gz", state.read_bytes())
    for file in output.iterdir():
        write_gzip(into / kind / f"{file.name}.gz", file.read_bytes())
