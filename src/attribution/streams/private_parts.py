"""What the engine relies on in a library beyond the library's public API."""

from typing import NamedTuple


class PrivateParts(NamedTuple):
    """Private parts of a library that serve one purpose.

    - ``names``: functions and classes as ``module:qualified.name``. A test fails when the source of one changes.
    - ``reason``: what they are used for, and why nothing public does it.
    - ``upstream``: the library's issue or pull request, or that none is known.
    - ``version``: the version of the library that this was written for.
    """

    names: tuple[str, ...]
    reason: str
    upstream: str
    version: str
