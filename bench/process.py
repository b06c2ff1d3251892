"""What a process takes, as the kernel tells it."""

from pathlib import Path


def memory_mib(pid: int, what: str) -> float:
    """Return a line of its status in MiB: VmRSS is what it has now, VmHWM the most it has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024
