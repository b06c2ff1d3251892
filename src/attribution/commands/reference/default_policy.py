"""The policy that ships with the package."""

from functools import cache
from importlib import resources
from typing import Final

from attribution.commands.reference.validation import check
from attribution.commands.reference.yaml_input import read_yaml
from attribution.domain.records.reference import Policy

FILE: Final = "default_policy.yaml"


def default_policy_text() -> str:
    """Return the default policy as the YAML file that ``attribution reference apply`` takes."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")


@cache
def default_policy() -> Policy:
    """Return the default policy, in force from 2010 on.

    >>> default_policy().model
    'last_touch'
    """
    drafts = read_yaml(default_policy_text(), FILE)
    checked = check(drafts.drafts)
    faults = drafts.faults + checked.faults
    assert not faults, faults  # noqa: S101 - the file is part of the package
    (entry,) = checked.entries
    assert isinstance(entry.record, Policy)  # noqa: S101 - the file is part of the package
    return entry.record
