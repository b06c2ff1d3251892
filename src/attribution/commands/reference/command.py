"""``attribution reference``: applies files, shows the version in force, prints the default policy."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn

import typer

from attribution.commands.reference.changes import Change, changes_of, faults_of_order, faults_of_past
from attribution.commands.reference.default_policy import default_policy_text
from attribution.commands.reference.file_log import Log, open_log
from attribution.commands.reference.input_files import read_files
from attribution.commands.reference.kafka_log import KafkaLog
from attribution.commands.reference.render import (
    json_of_changes,
    json_of_versions,
    print_changes,
    text_of_version,
)
from attribution.commands.reference.validation import check
from attribution.commands.reference.versions import Timelines
from attribution.commands.reference.yaml_input import TOPIC_NAMES
from attribution.config import load
from attribution.config.cli_option import ConfigFile
from attribution.domain.records.times import iso_of, ms_of, now_ms

NOT_FOUND: Final = 1
USAGE: Final = 2
REFUSED: Final = 65
"""EX_DATAERR of sysexits.h."""

KAFKA: Final = "kafka"
"""The place that means the reference topics on Kafka, as configured. ``./kafka`` is a directory."""
PLACE_HELP: Final = "a directory, a *.ndjson file, or kafka (the topics on the configured brokers)"

DIRECTORY_HINT: Final = (
    "is a directory of bare records, which have their effective_from as record timestamp: "
    "pass --as-of-effective to write history, or write to a *.ndjson file"
)

app = typer.Typer(
    help="Write versions of links, promoters, rooms, campaigns and policies, and show which one is in force."
)


@app.command()
def apply(
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML or CSV files")],
    to: Annotated[str, typer.Option(metavar="PATH", help=PLACE_HELP)],
    config: ConfigFile = None,
    as_of_effective: Annotated[
        bool, typer.Option("--as-of-effective", help="record timestamp = effective_from, for history")
    ] = False,
    allow_past: Annotated[
        bool, typer.Option("--allow-past", help="allow versions that take effect before now")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the changes as JSON")] = False,
) -> None:
    """Check files, show what they change and from when, and write the new and changed versions.

    A YAML file maps topics to lists of records. A CSV file is named after its topic or has a "topic" column.
    Empty cells are absent fields, and "|" separates list items. Field names are those in
    schemas/*.schema.json. Times are ISO dates or times (UTC+08:00 unless a zone is given) or milliseconds.

    If there is any fault, nothing is written, every fault is listed, and the exit code is 65.

    Examples:
        attribution reference apply links.csv terms.yaml --to events.ndjson --dry-run

        attribution reference apply history.yaml --to data/ --as-of-effective --allow-past

        attribution reference apply links.csv --to kafka --config attribution.toml
    """
    log, now = _opened(to, config), now_ms()
    if not log.has_timestamps and not as_of_effective:
        _end(USAGE, [f"{to} {DIRECTORY_HINT}"])
    changes = _changes(files, log, None if as_of_effective else now)
    faults = faults_of_order(changes) + ([] if allow_past else faults_of_past(changes, now))
    if faults:
        _refuse(faults)
    _show(changes, as_json)
    if not dry_run:
        _write(changes, log)
    if not as_json:
        typer.echo(_summary(changes, to, dry_run))


@app.command()
def show(
    *,
    identity: Annotated[str, typer.Argument(metavar="ID", help="a link_id, promoter_id, room_id, …")],
    at: Annotated[str, typer.Option(metavar="TIME", help="ISO date or time, or milliseconds")],
    place: Annotated[str, typer.Option("--in", metavar="PATH", help=PLACE_HELP)],
    config: ConfigFile = None,
    topic: Annotated[
        Literal["links", "promoters", "rooms", "campaigns", "policies"] | None,
        typer.Option(help="this topic only"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show the version of an id that is in force at a given time, in each topic that has one.

    The exit code is 1 if there is none.

    Examples:
        attribution reference show L-live-8801 --at 2024-10-31T20:00 --in events.ndjson

        attribution reference show default --at 2020-10-09 --in data/ --topic policies --json
    """
    time_ms = _time_ms(at)
    if place != KAFKA and not Path(place).exists():
        _end(NOT_FOUND, [f"{place} does not exist"])
    known = _known(_opened(place, config))
    topics: tuple[str, ...] = (topic,) if topic else TOPIC_NAMES
    versions = [version for name in topics if (version := known.in_force(name, identity, time_ms))]
    if not versions:
        _end(
            NOT_FOUND,
            [f"no version of {identity} is in force at {at} in {place}{_later(known, topics, identity)}"],
        )
    typer.echo(json_of_versions(versions) if as_json else "\n\n".join(map(text_of_version, versions)))


@app.command()
def default() -> None:
    """Print the policy that ships with the package as YAML, as a starting point.

    Examples:
        attribution reference default > policy.yaml
    """
    typer.echo(default_policy_text(), nl=False)


def _opened(place: str, config: Path | None) -> Log:
    return KafkaLog(load(config).kafka) if place == KAFKA else open_log(Path(place))


def _changes(files: list[Path], log: Log, timestamp: int | None) -> list[Change]:
    drafts = read_files(files)
    checked = check(drafts.drafts)
    _notify(checked.notices)
    faults = drafts.faults + checked.faults
    if faults:
        _refuse(faults)
    return changes_of(checked.entries, _known(log), timestamp)


def _known(log: Log) -> Timelines:
    records, notices = log.read()
    _notify(notices)
    return Timelines(records)


def _show(changes: list[Change], as_json: bool) -> None:
    if as_json:
        typer.echo(json_of_changes(changes))
    else:
        print_changes(changes)


def _write(changes: list[Change], log: Log) -> None:
    to_write = [change.after for change in changes if change.status != "same"]
    if to_write:
        log.append(sorted(to_write, key=lambda record: record.timestamp))


def _summary(changes: list[Change], to: str, dry_run: bool) -> str:
    statuses = [change.status for change in changes]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in ("new", "changed", "same"))
    if dry_run:
        return f"{counts}; nothing written (dry run)"
    return f"{counts}; nothing to write" if set(statuses) <= {"same"} else f"{counts}; written to {to}"


def _time_ms(at: str) -> int:
    try:
        return ms_of(at)
    except ValueError:
        _end(USAGE, [f"--at {at}: not a time; write 2025-10-29, 2025-10-29T08:30:00+08:00, or milliseconds"])


def _later(known: Timelines, topics: Iterable[str], identity: str) -> str:
    """Return a note on when the first version comes into force; empty if there is no version."""
    firsts = [versions[0].record.effective_from for name in topics if (versions := known.of(name, identity))]
    return f"; the first comes into force at {iso_of(min(firsts))}" if firsts else ""


def _refuse(faults: Iterable[object]) -> NoReturn:
    _end(REFUSED, [*map(str, faults), "nothing was written"])


def _end(exit_code: int, messages: list[str]) -> NoReturn:
    _notify(messages)
    raise typer.Exit(exit_code)


def _notify(messages: Iterable[str]) -> None:
    for message in messages:
        typer.echo(message, err=True)
