"""Writes the reference pages: ``python -m attribution.commands.schemas.reference_pages docs/reference/``."""

import sys
from typing import Final

from attribution.commands.schemas import __main__ as schemas
from attribution.commands.schemas.reference_pages.pages import generated

USAGE: Final = "usage: python -m attribution.commands.schemas.reference_pages DIRECTORY"


def main(arguments: list[str]) -> int:
    """Write the pages into a directory, the only argument; return the exit code: 0, or 2 for wrong usage."""
    return schemas.main(arguments, USAGE, generated)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
