"""The tests, as one package that mirrors ``attribution``; beside the mirror lie those of the whole program."""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
REPOSITORY: Final = TESTS.parent
