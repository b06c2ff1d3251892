"""``attribution simulate``: writes simulated traffic to files or to standard output."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from attribution.domain.records.fields import MILLION
from attribution.domain.records.topics import READ
from attribution.hosts.record import OutgoingRecord
from attribution.hosts.simulate.scenario import Scenario
from attribution.hosts.simulate.traffic import simulate
from attribution.hosts.simulate.writers import Written, write_directory, write_stream

_STDOUT: Final = Path("-")
_DEFAULTS: Final = Scenario()


_Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="A directory, a file ending in .ndjson, or - for standard output."),
]
_Events = Annotated[int, typer.Option(min=1, help="Clicks, room entries and orders events together.")]
_Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
_Buyers = Annotated[int, typer.Option(min=1, help="How many buyers there are.")]
_Rooms = Annotated[int, typer.Option(min=1, help="How many live sessions there are.")]
_Hours = Annotated[int, typer.Option(min=1, help="How long the traffic lasts, in event time.")]
_BrokenPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Broken records added, in ppm of all.")]
_RepeatedPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Events that come twice, in ppm.")]
_LatePpm = Annotated[
    int, typer.Option(min=0, max=MILLION, help="Events that come minutes to hours late, in ppm.")
]
_AnonymousPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Clicks without a buyer, in ppm.")]
_TickMs = Annotated[int, typer.Option(min=1, help="Milliseconds from tick to tick.")]
_Replace = Annotated[bool, typer.Option("--replace", help="Overwrite what is there.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def simulate_command(
    *,
    output: _Output,
    events: _Events = _DEFAULTS.events,
    seed: _Seed = _DEFAULTS.seed,
    buyers: _Buyers = _DEFAULTS.buyers,
    rooms: _Rooms = _DEFAULTS.rooms,
    hours: _Hours = _DEFAULTS.hours,
    broken_ppm: _BrokenPpm = _DEFAULTS.broken_ppm,
    repeated_ppm: _RepeatedPpm = _DEFAULTS.repeated_ppm,
    late_ppm: _LatePpm = _DEFAULTS.late_ppm,
    anonymous_ppm: _AnonymousPpm = _DEFAULTS.anonymous_ppm,
    tick_ms: _TickMs = _DEFAULTS.tick_ms,
    replace: _Replace = False,
    as_json: _AsJson = False,
) -> None:
    """Write simulated live-commerce traffic, with its reference data, as NDJSON.

    A directory gets one <topic>.ndjson of bare records a topic. A file and standard output get one stream of
    {"topic","key","value","timestamp"} in the order of arrival, without the records that are no JSON.

    Example: attribution simulate --output out/traffic --events 200000 --seed 7
    """
    _make_room(output, replace=replace)
    scenario = Scenario(
        seed=seed,
        events=events,
        buyers=buyers,
        rooms=rooms,
        hours=hours,
        broken_ppm=broken_ppm,
        repeated_ppm=repeated_ppm,
        late_ppm=late_ppm,
        anonymous_ppm=anonymous_ppm,
        tick_ms=tick_ms,
    )
    written = _write(_watched(simulate(scenario), scenario), output)
    summary = _json(written, output) if as_json else _table(written, output)
    typer.echo(summary, err=output == _STDOUT)


def _is_stream(output: Path) -> bool:
    return output == _STDOUT or output.suffix == ".ndjson"


def _make_room(output: Path, *, replace: bool) -> None:
    """Refuses to overwrite, or removes what an earlier run wrote (and nothing else)."""
    if output == _STDOUT or not output.exists():
        return
    if output.is_dir() == _is_stream(output):
        raise typer.BadParameter(
            f"{output} must be a directory, or a file ending in .ndjson", param_hint="--output"
        )
    if not replace and (output.is_file() or any(output.iterdir())):
        raise typer.BadParameter(
            f"{output} is not empty; give --replace to overwrite it", param_hint="--output"
        )
    if output.is_dir():
        for topic in READ:
            (output / f"{topic.name}.ndjson").unlink(missing_ok=True)


def _write(records: Iterable[OutgoingRecord], output: Path) -> Written:
    if output == _STDOUT:
        return write_stream(records, sys.stdout.buffer)
    if _is_stream(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        return write_stream(records, output)
    return write_directory(records, output)


def _watched(records: Iterator[OutgoingRecord], scenario: Scenario) -> Iterable[OutgoingRecord]:
    """The records, with a progress bar on a terminal; the total is an estimate of all topics."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return records
    ticks = scenario.length_ms // scenario.tick_ms
    return track(records, "Simulating", total=scenario.events * 103 // 100 + ticks, console=console)


def _json(written: Written, output: Path) -> str:
    summary = {
        "output": str(output),
        "records": dict(sorted(written.records.items())),
        "left_out": dict(sorted(written.left_out.items())),
        "total": written.total,
    }
    return msgspec.json.encode(summary).decode()


def _table(written: Written, output: Path) -> str:
    lines = [f"{topic:<14}{records:>12,}" for topic, records in sorted(written.records.items())]
    lines.append(f"{'total':<14}{written.total:>12,}")
    if written.left_out:
        lines.append(
            f"{'left out':<14}{written.left_out.total():>12,}  (no JSON, cannot be embedded in a stream)"
        )
    lines.append(f"Written to {'standard output' if output == _STDOUT else output}")
    return "\n".join(lines)
