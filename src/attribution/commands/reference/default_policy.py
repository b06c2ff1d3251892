"""The packaged policy as a file that ``attribution reference apply`` takes."""

from importlib import resources
from typing import Final

FILE: Final = "default_policy.yaml"


def default_policy_text() -> str:
    """Return the YAML file, comments included."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
