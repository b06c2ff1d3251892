"""Runs the program in its own process."""

import os
import subprocess
import sys
from pathlib import Path

import attribution

PROGRAM = (sys.executable, "-m", "attribution")
SOURCES = str(Path(attribution.__file__).parents[1])
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ATTRIBUTION_")} | {
    "ATTRIBUTION_HTTP__PORT": "0",
    "COLUMNS": "80",
    "PYTHONPATH": SOURCES,
}


def start(*arguments: object, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
