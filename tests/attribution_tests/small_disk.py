"""A separate disk, small enough to fill."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def mounted(path: Path, size_bytes: int) -> Iterator[Path]:
    """Mount a disk of this size at a path. Any user may write there."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=777", "none", str(path)]
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    subprocess.run([*as_root, *mount], check=True)
    yield path
    subprocess.run([*as_root, "umount", "--lazy", str(path)], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk. Return the file to delete for free space."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 16)):
            pass
    return ballast
