"""``attribution run``: its options and its output."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from attribution.commands.run.observed_run import ObservedRun
from attribution.commands.run.signals import StopSignals
from attribution.commands.run.summary import json_of, text_of
from attribution.config import load
from attribution.config.cli_option import AsJson, ConfigFile
from attribution.config.logging import configure_logs
from attribution.hosts.embedded.plan import plan_of

_Input: TypeAlias = Annotated[
    str,
    typer.Option(
        "--input",
        "-i",
        metavar="PATH",
        help="A directory of <topic>.ndjson files of bare records, a file of lines "
        '{"topic", "value", "timestamp"?, "key"?}, or - for such lines on standard input.',
    ),
]
_Output: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Where <topic>.ndjson files are written.")
]
_State: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Keep the state in this file, and resume where the last run ended; without it, in memory.",
    ),
]
_Follow: TypeAlias = Annotated[
    bool, typer.Option("--follow", help="At the end of the input, wait for more, until SIGTERM or Ctrl-C.")
]
_Replace: TypeAlias = Annotated[
    bool, typer.Option("--replace", help="Overwrite the output of an earlier run.")
]
_StepRecords: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1, max=1_000_000, metavar="N", help="Maximum records per step; overrides run.step_records."
    ),
]
_Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only warnings and errors (and the JSON, with --json).")
]


def run_command(
    *,
    input_: _Input,
    output: _Output,
    state: _State = None,
    follow: _Follow = False,
    replace: _Replace = False,
    step_records: _StepRecords = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    quiet: _Quiet = False,
) -> None:
    """Decide which link drove each order, and post what is owed to whom.

    Reads events and reference records. Writes decisions, commissions and
    dead letters. Without a policies record in the input, the policy that
    ships with the package is in force (attribution reference default).

    Each step is committed as a whole. After a crash, a signal or the end of
    the input, the same command with the same --state resumes, and produces
    the same bytes. SIGTERM and Ctrl-C end the run after the current step.

    During the run, /metrics, /livez and /readyz are served on http.host and
    http.port (127.0.0.1:8080).

    Examples:
        attribution run --input data/ --output out/

        attribution run -i events.ndjson -o out/ --state state.db --follow

        attribution simulate -o - | attribution run -i - -o out/ --json
    """
    settings = load(config)
    configure_logs(settings.log, quiet=quiet)
    plan = plan_of(settings, input_, output)._replace(
        state=state,
        follow=follow,
        replace=replace,
        step_records=step_records or settings.run.step_records,
    )
    with StopSignals() as signals:
        outcome = ObservedRun(plan, settings.http, shows_progress=not quiet).run(signals.received)
    if as_json:
        typer.echo(json_of(outcome))
    elif not quiet:
        typer.echo(text_of(outcome))
