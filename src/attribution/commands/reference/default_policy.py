"""The packaged policy as a file for ``attribution reference apply``."""

from importlib import resources
from typing import Final

FILE: Final = "default_policy.yaml"


def default_policy_text() -> str:
    """Return the YAML text of the packaged policy, with its comments."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
