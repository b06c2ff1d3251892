"""``attribution config``: check the settings, and show those in effect."""

from typing import Final

import typer

from attribution.config import load
from attribution.config.cli_option import AsJson, ConfigFile
from attribution.config.render import json_of, text_of

app: Final = typer.Typer(help="Check the settings, and show those in effect.")


@app.callback()
def settings() -> None:
    """Check the settings, and show those in effect."""


@app.command()
def check(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Check the settings, and print those in effect as TOML, with secrets as ********.

    The exit code is 78 if a key is unknown or out of range, or if a file
    can't be read.

    Examples:
        attribution config check --config attribution.toml

        ATTRIBUTION_HTTP__PORT=9090 attribution config check --json
    """
    found = load(config)
    typer.echo(json_of(found) if as_json else text_of(found))
