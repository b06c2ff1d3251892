"""Writes the contract files: ``python -m attribution.commands.schemas schemas/``."""

import sys
from pathlib import Path

from attribution.commands.schemas.files import write

USAGE = "usage: python -m attribution.commands.schemas DIRECTORY"


def main(arguments: list[str]) -> int:
    """Write every generated contract file into a directory.

    Args:
        arguments: the command line without the name of the program: one directory.

    Returns:
        The exit code: 0, or 2 if the arguments are wrong.
    """
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 2
    for path in write(Path(arguments[0])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
