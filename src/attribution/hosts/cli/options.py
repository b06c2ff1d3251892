"""Options that several commands take."""

from typing import Annotated, TypeAlias

import typer

from attribution.config.cli_option import ConfigFile

__all__ = ["AsJson", "ConfigFile"]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
