"""The tests, as one package that mirrors ``attribution``, with tests of the whole program beside it."""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
REPOSITORY: Final = TESTS.parent
