"""The option that names the file of settings."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from attribution.config.environment import FILE_VARIABLE

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=f"A TOML file of settings, else the one that {FILE_VARIABLE} names; "
        "ATTRIBUTION_<SECTION>__<KEY> variables come over it.",
    ),
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
