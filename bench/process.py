"""Resource use of a process, as the kernel reports it."""

from pathlib import Path


def memory_mib(pid: int, what: str) -> float:
    """Return a line of the process status in MiB: VmRSS is the current memory, VmHWM the peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024
