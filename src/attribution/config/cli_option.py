"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from attribution.config.environment import FILE_VARIABLE

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=f"A TOML file with settings; the default is the file that {FILE_VARIABLE} names. "
        "ATTRIBUTION_<SECTION>__<KEY> variables override it.",
    ),
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
