"""How much memory this process takes."""

import os
from pathlib import Path


def resident_bytes() -> int:
    """Return the resident size of this process; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
