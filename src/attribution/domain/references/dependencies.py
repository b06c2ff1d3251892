"""Fingerprints of the reference records that an order's decision read.

They are small and quick to compute, and no dependency is missing. Two records may share a fingerprint. An
order may then be derived again for nothing; the result is the same.
"""

from array import array
from collections.abc import Iterable
from typing import Final
from zlib import crc32

ANY_LINK: Final = 0
"""Stands for every link, for an order with more touches than are evaluated one by one."""


def fingerprint(name: str) -> int:
    """Return the 32-bit fingerprint of a reference record ``<topic>/<id>``; never ``ANY_LINK``."""
    return crc32(name.encode()) or 1


def fingerprints(names: Iterable[str]) -> set[int]:
    """Return the fingerprints of the records, and ``ANY_LINK`` if one of them is a link."""
    found = set()
    for name in names:
        found.add(fingerprint(name))
        if name.startswith("links/"):
            found.add(ANY_LINK)
    return found


def pack(dependencies: Iterable[int]) -> bytes:
    """Return fingerprints as bytes, four each; equal sets give equal bytes."""
    return array("I", sorted(dependencies)).tobytes()


def depends(packed: bytes, on: set[int]) -> bool:
    """Return whether any of the fingerprints is among the packed ones.

    >>> depends(pack([fingerprint("links/a"), fingerprint("rooms/b")]), fingerprints(["links/a"]))
    True
    >>> depends(pack([fingerprint("links/a")]), fingerprints(["links/b"]))
    False
    >>> depends(pack([ANY_LINK]), fingerprints(["links/b"]))
    True
    """
    return not on.isdisjoint(memoryview(packed).cast("I"))
