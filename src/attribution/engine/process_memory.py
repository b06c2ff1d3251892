"""Memory: how much this process takes, and how often it looks for garbage."""

import gc
import os
from pathlib import Path


def resident_bytes() -> int:
    """Return the resident size of this process; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def collect_seldom() -> None:
    """Have the garbage collector look at young objects seldom, and at what the start has made never again.

    State is many small objects without cycles; looking for some among them took 30 % of the time (docs/performance.md).
    Objects made count, those let go of do not: what lives from a fetch to the step that takes it reaches lower numbers
    again and again.
    """
    gc.freeze()
    gc.set_threshold(500_000, 50, 100)
