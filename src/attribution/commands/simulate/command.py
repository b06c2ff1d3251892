"""``attribution simulate``: writes simulated traffic to files, standard output or Kafka."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from attribution.commands.simulate.kafka_output import write_kafka
from attribution.commands.simulate.scenario import Scenario
from attribution.commands.simulate.traffic import simulate
from attribution.config import load
from attribution.config.cli_option import ConfigFile
from attribution.domain.records.fields import MAX_TIME, MILLION, MIN_TIME
from attribution.domain.records.times import iso_of, ms_of
from attribution.domain.records.topics import READ
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.embedded.ndjson_writer import Written, write_directory, write_stream

_STDOUT: Final = Path("-")
_DEFAULTS: Final = Scenario()
_START: Final = iso_of(_DEFAULTS.start_ms)


_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="A directory, a file ending in .ndjson, or - for standard output."),
]
_To = Annotated[Literal["kafka"] | None, typer.Option(help="Write to the topics on the configured brokers.")]
_Rate = Annotated[
    int | None, typer.Option(min=1, help="Records per second, with --to kafka; else as fast as possible.")
]
_Events = Annotated[
    int, typer.Option(min=1, help="Number of clicks, room entries and order events together.")
]
_Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
_Buyers = Annotated[int, typer.Option(min=1, help="Number of buyers.")]
_Rooms = Annotated[int, typer.Option(min=1, help="Number of live sessions.")]
_Hours = Annotated[int, typer.Option(min=1, help="Length of the traffic, in hours of event time.")]
_Start = Annotated[
    str, typer.Option(metavar="TIME", help="Start of the traffic: ISO date or time, or milliseconds.")
]
_BrokenPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Broken records to add, in ppm of all.")]
_RepeatedPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Events that arrive twice, in ppm.")]
_LatePpm = Annotated[
    int, typer.Option(min=0, max=MILLION, help="Events that arrive minutes to hours late, in ppm.")
]
_AnonymousPpm = Annotated[int, typer.Option(min=0, max=MILLION, help="Clicks without a buyer, in ppm.")]
_TickMs = Annotated[int, typer.Option(min=1, help="Milliseconds between ticks.")]
_Replace = Annotated[bool, typer.Option("--replace", help="Overwrite existing output.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def simulate_command(
    *,
    output: _Output = None,
    to: _To = None,
    config: ConfigFile = None,
    rate: _Rate = None,
    events: _Events = _DEFAULTS.events,
    seed: _Seed = _DEFAULTS.seed,
    buyers: _Buyers = _DEFAULTS.buyers,
    rooms: _Rooms = _DEFAULTS.rooms,
    hours: _Hours = _DEFAULTS.hours,
    start: _Start = _START,
    broken_ppm: _BrokenPpm = _DEFAULTS.broken_ppm,
    repeated_ppm: _RepeatedPpm = _DEFAULTS.repeated_ppm,
    late_ppm: _LatePpm = _DEFAULTS.late_ppm,
    anonymous_ppm: _AnonymousPpm = _DEFAULTS.anonymous_ppm,
    tick_ms: _TickMs = _DEFAULTS.tick_ms,
    replace: _Replace = False,
    as_json: _AsJson = False,
) -> None:
    """Write simulated live-commerce traffic and its reference data, as NDJSON or to Kafka.

    A directory gets one file <topic>.ndjson per topic, with bare records. A file or standard output gets one
    stream of {"topic","key","value","timestamp"} in order of arrival, without the records that are not JSON.
    Kafka gets all records, with their record timestamps. Brokers delete by record timestamp, so the topics
    must keep records from --start on.

    Examples:
        attribution simulate --output out/traffic --events 200000 --seed 7

        attribution simulate --to kafka --config attribution.toml --start 2026-03-01 --rate 500
    """
    _check_destination(output, to, rate, replace=replace)
    scenario = Scenario(
        seed=seed,
        events=events,
        buyers=buyers,
        rooms=rooms,
        hours=hours,
        start_ms=_time(start),
        broken_ppm=broken_ppm,
        repeated_ppm=repeated_ppm,
        late_ppm=late_ppm,
        anonymous_ppm=anonymous_ppm,
        tick_ms=tick_ms,
    )
    records = _watched(simulate(scenario), scenario)
    if output is None:
        kafka = load(config).kafka
        written, place = write_kafka(records, scenario, kafka, rate), f"Kafka at {kafka.bootstrap}"
    else:
        _make_room(output, replace=replace)
        written, place = _write(records, output), "standard output" if output == _STDOUT else str(output)
    summary = _json(written, output or "kafka") if as_json else _table(written, place)
    typer.echo(summary, err=output == _STDOUT)


def _check_destination(output: Path | None, to: str | None, rate: int | None, *, replace: bool) -> None:
    if (output is None) == (to is None):
        raise typer.BadParameter("pass either --output or --to kafka", param_hint="--output")
    if to is None and rate:
        raise typer.BadParameter("works with --to kafka only", param_hint="--rate")
    if to and replace:
        raise typer.BadParameter(
            "works with --output only: records in Kafka are not replaced", param_hint="--replace"
        )


def _time(text: str) -> int:
    try:
        time = ms_of(text)
    except ValueError:
        time = 0
    if not MIN_TIME <= time <= MAX_TIME:
        raise typer.BadParameter(f"{text} is not a time between 2010 and 2100", param_hint="--start")
    return time


def _is_stream(output: Path) -> bool:
    return output == _STDOUT or output.suffix == ".ndjson"


def _make_room(output: Path, *, replace: bool) -> None:
    """Refuse to overwrite, or remove the topic files of an earlier run and nothing else."""
    if output == _STDOUT or not output.exists():
        return
    if output.is_dir() == _is_stream(output):
        raise typer.BadParameter(
            f"{output} must be a directory, or a file ending in .ndjson", param_hint="--output"
        )
    if not replace and (output.is_file() or any(output.iterdir())):
        raise typer.BadParameter(
            f"{output} is not empty; pass --replace to overwrite it", param_hint="--output"
        )
    if output.is_dir():
        for topic in READ:
            (output / f"{topic.name}.ndjson").unlink(missing_ok=True)


def _write(records: Iterable[ProducerRecord], output: Path) -> Written:
    if output == _STDOUT:
        return write_stream(records, sys.stdout.buffer)
    if _is_stream(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        return write_stream(records, output)
    return write_directory(records, output)


def _watched(records: Iterator[ProducerRecord], scenario: Scenario) -> Iterable[ProducerRecord]:
    """Return the records, with a progress bar on a terminal. The bar's total is an estimate."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return records
    ticks = scenario.length_ms // scenario.tick_ms
    return track(records, "Simulating", total=scenario.events * 103 // 100 + ticks, console=console)


def _json(written: Written, output: Path | str) -> str:
    summary = {
        "output": str(output),
        "records": dict(sorted(written.records.items())),
        "left_out": dict(sorted(written.left_out.items())),
        "total": written.total,
    }
    return msgspec.json.encode(summary).decode()


def _table(written: Written, place: str) -> str:
    lines = [f"{topic:<14}{records:>12,}" for topic, records in sorted(written.records.items())]
    lines.append(f"{'total':<14}{written.total:>12,}")
    if written.left_out:
        lines.append(
            f"{'left out':<14}{written.left_out.total():>12,}  (not JSON, cannot be embedded in a stream)"
        )
    lines.append(f"Written to {place}")
    return "\n".join(lines)
