"""``attribution config``: what the settings are, and whether they are in order."""

from typing import Final

import typer

from attribution.config import load
from attribution.config.cli_option import AsJson, ConfigFile
from attribution.config.render import json_of, text_of

app: Final = typer.Typer(help="Check the settings, and show which are in effect.")


@app.callback()
def settings() -> None:
    """Check the settings, and show which are in effect."""


@app.command()
def check(*, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Check the settings, and print those in effect as TOML; secrets as ********.

    The exit code is 78 when a key is unknown or out of its limits, or a file
    can't be read.

    Examples:
        attribution config check --config attribution.toml

        ATTRIBUTION_HTTP__PORT=9090 attribution config check --json
    """
    found = load(config)
    typer.echo(json_of(found) if as_json else text_of(found))
