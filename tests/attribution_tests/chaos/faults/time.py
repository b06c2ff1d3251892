"""Faults of time: wall clocks jump."""

from pathlib import Path
from typing import Final

from attribution_tests.chaos.trial import Fault, Trial
from attribution_tests.kafka_broker import NoKafkaError

_LIBRARY: Final = "libfaketime.so.1"
_FOLDERS: Final = ("/usr/lib", "/usr/local/lib")
_JUMPS: Final = ("+1800", "-1800", "+3", "+0")


def library() -> Path:
    """Return the path of libfaketime.

    Raises:
        NoKafkaError: It is not installed.
    """
    for folder in _FOLDERS:
        for found in Path(folder).rglob(_LIBRARY):
            return found
    raise NoKafkaError("This fault needs libfaketime: apt-get install libfaketime")


def jump(trial: Trial) -> None:
    """Make all wall clocks jump, then one at a time. Monotonic clocks do not jump."""
    together = [(seconds, trial.fleet.names()) for seconds in _JUMPS]
    apart = [(seconds, [trial.any_worker()]) for seconds in _JUMPS]
    for seconds, names in (*together, *apart):
        trial.last(1.0, 2.0)
        for name in names:
            _set(trial.deployed.folder / f"clock-{name}", seconds)
        trial.demand_progress(f"the clock of {' '.join(names)} is off by {seconds} s", 20.0)
    trial.recover()


def _set(clock: Path, seconds: str) -> None:
    coming = clock.with_suffix(".new")
    coming.write_text(f"{seconds}\n")
    coming.replace(clock)


def clock_of(folder: Path, worker: str) -> dict[str, str]:
    """Return the environment variables of a worker whose wall clock follows a file."""
    clock = folder / f"clock-{worker}"
    clock.write_text("+0\n")
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


FAULTS: Final = (Fault("clock-jumps", "the wall clocks of workers jump", jump, own=clock_of),)
