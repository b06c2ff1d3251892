"""Writes the reference pages: ``python -m attribution.commands.reference_pages docs/reference/``."""

import sys
from pathlib import Path

from attribution.commands.reference_pages.pages import write

USAGE = "usage: python -m attribution.commands.reference_pages DIRECTORY"


def main(arguments: list[str]) -> int:
    """Write the pages into a directory, the only argument; return the exit code: 0, or 2 for wrong usage."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 2
    for path in write(Path(arguments[0])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
