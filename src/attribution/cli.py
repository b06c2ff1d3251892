"""The command line: its commands and its exit codes."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import typer

import attribution
from attribution.commands.config.command import app as config_app
from attribution.commands.demo.command import demo_command
from attribution.commands.reference.command import app as reference_app
from attribution.commands.run.command import run_command
from attribution.commands.simulate.command import simulate_command
from attribution.commands.topics.command import app as topics_app
from attribution.commands.topology.command import topology_command
from attribution.commands.worker.command import worker_command
from attribution.errors import AttributionError
from attribution.processor.state_version import EMBEDDED, ON_KAFKA

EX_IOERR: Final = 74
"""From sysexits.h."""

app: Final = typer.Typer(
    name="attribution",
    help=f"{attribution.__doc__.splitlines()[0] if attribution.__doc__ else ''} Start with: attribution demo",
    no_args_is_help=True,
    # A traceback with values of variables could show a secret.
    pretty_exceptions_enable=False,
)
app.command("run")(run_command)
app.command("demo")(demo_command)
app.command("worker")(worker_command)
app.command("simulate")(simulate_command)
app.add_typer(reference_app, name="reference", no_args_is_help=True)
app.add_typer(topics_app, name="topics", no_args_is_help=True)
app.command("topology")(topology_command)
app.add_typer(config_app, name="config", no_args_is_help=True)


@app.command()
def version() -> None:
    """Print the version, and which state versions this program reads. It writes the last of them."""
    typer.echo(f"attribution {attribution.__version__}")
    for place, state in (("on Kafka", ON_KAFKA), ("in a state file", EMBEDDED)):
        typer.echo(f"state version {place}: {state.oldest} to {state.number}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program, and end the process with its exit code.

    An ``AttributionError`` becomes a line on standard error and has its own exit code (sysexits.h). Wrong
    usage exits with 2, an interruption with 130, an error of the operating system (a full disk) with 74.
    """
    try:
        app(args=arguments)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        _give_up_output()
        sys.exit(EX_IOERR)


def _give_up_output() -> None:
    """Discard what is buffered for standard output.

    Otherwise the interpreter tries to write it again, fails, and exits with 120.
    """
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
