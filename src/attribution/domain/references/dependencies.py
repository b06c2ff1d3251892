"""What an order's decision read of the reference records, as fingerprints: small, quick to make, never wrong by omission.

Two records may share a fingerprint: an order is then derived again in vain, and comes out the same.
"""

from array import array
from collections.abc import Iterable
from typing import Final
from zlib import crc32

ANY_LINK: Final = 0
"""Stands for every link: of an order with more touches than are looked at one by one."""


def fingerprint(name: str) -> int:
    """Return the fingerprint of a reference record, ``<topic>/<id>``; 32 bits, never ``ANY_LINK``."""
    return crc32(name.encode()) or 1


def fingerprints(names: Iterable[str]) -> set[int]:
    """Return under what orders are watched that depend on any of the records."""
    found = set()
    for name in names:
        found.add(fingerprint(name))
        if name.startswith("links/"):
            found.add(ANY_LINK)
    return found


def pack(dependencies: Iterable[int]) -> bytes:
    """Return fingerprints as bytes, four each; equal for equal sets."""
    return array("I", sorted(dependencies)).tobytes()


def depends(packed: bytes, on: set[int]) -> bool:
    """Tell whether any of the fingerprints is among those packed.

    >>> depends(pack([fingerprint("links/a"), fingerprint("rooms/b")]), fingerprints(["links/a"]))
    True
    >>> depends(pack([fingerprint("links/a")]), fingerprints(["links/b"]))
    False
    >>> depends(pack([ANY_LINK]), fingerprints(["links/b"]))
    True
    """
    return not on.isdisjoint(memoryview(packed).cast("I"))
