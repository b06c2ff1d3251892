"""The memory of this process: its size, and how often garbage is collected."""

import gc
import os
from pathlib import Path


def resident_bytes() -> int:
    """Return the resident size of this process, or 0 if the system does not report it."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def collect_seldom() -> None:
    """Make the garbage collector rarely check young objects, and never again those created at startup.

    State consists of many small objects without cycles. The search for cycles took 30 % of the time
    (docs/performance.md). The threshold counts created objects, less the freed ones. The records that live
    from a fetch to their step exceed a lower threshold again and again.
    """
    gc.freeze()
    gc.set_threshold(500_000, 50, 100)
