"""Writes the contract files: ``python -m attribution.commands.schemas schemas/``."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from attribution.commands.schemas.files import generated, write

USAGE: Final = "usage: python -m attribution.commands.schemas DIRECTORY"


def main(
    arguments: list[str], usage: str = USAGE, generate: Callable[[], Mapping[str, bytes]] = generated
) -> int:
    """Write generated files into a directory; by default the contract files.

    Args:
        arguments: the command line without the name of the program: one directory.
        usage: what to print if the arguments are wrong.
        generate: returns the content of each file by name.

    Returns:
        The exit code: 0, or 2 if the arguments are wrong.
    """
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(usage, file=sys.stderr)
        return 2
    for path in write(Path(arguments[0]), generate()):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
