"""Faults of disks: stores are lost, damaged or of another version, or their disk is full."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from rocksdict import Options, Rdict

from attribution_tests.chaos.checks.checkers import Violation
from attribution_tests.chaos.environment.fleet import wiped
from attribution_tests.chaos.environment.waiting import TooLateError, until
from attribution_tests.chaos.trial import NOT_INJECTED, Fault, Trial
from attribution_tests.small_disk import fill, mounted

_WORKER: Final = "a"
_ERROR: Final = "\nerror: "
_FROM_KAFKA: Final = "delete the directory: its content is restored from Kafka"
_MAKE_ROOM: Final = "make room on that disk, and start again"
_FORMAT: Final = b"\0format"
_FILES: Final = ("CURRENT", "MANIFEST-*", "*.log", "*.sst", "IDENTITY", "OPTIONS-*")
_DISK_BYTES: Final = 96 << 20
_END_SECONDS: Final = 60.0
_EX_IOERR: Final = 74


def delete(trial: Trial) -> None:
    """Delete all stores of a worker."""
    for _ in range(trial.rounds):
        trial.last(1.0, 3.0)
        trial.fleet.kill(trial.any_worker(), wiped)
        trial.kills += 1
        trial.recover()


def truncate(trial: Trial) -> None:
    """Truncate a file of a store, once for each kind of file."""
    _damage(trial, _cut)


def garble(trial: Trial) -> None:
    """Overwrite a part of a file of a store, once for each kind of file."""
    _damage(trial, _overwrite)
    trial.fleet.kill(_WORKER, wiped)
    trial.recover()


def age(trial: Trial) -> None:
    """Give a store an older version."""
    for _ in range(trial.rounds):
        trial.last(1.0, 2.0)
        _spoil(trial, partial(_make_older, trial.rng), [], must_be_refused=True)


def fill_up(trial: Trial) -> None:
    """Fill the disk before a store is opened, and then while it is written."""
    with mounted(trial.deployed.folder / "disk", _DISK_BYTES) as disk:
        with _refused(trial, _MAKE_ROOM):
            ballast = fill(disk)
            trial.fleet.kill(_WORKER, partial(_move_to, disk))
        ballast.unlink()
        trial.recover()
        for _ in range(trial.rounds):
            trial.last(1.0, 3.0)
            with _refused(trial, _MAKE_ROOM):
                ballast = fill(disk)
            ballast.unlink()
            trial.recover()
        trial.fleet.kill(_WORKER, Path.unlink)
        trial.recover()


def _damage(trial: Trial, harm: Callable[[Random, Path], None]) -> None:
    """Damage files. A worker may refuse later what it does not read at once."""
    spoilt = list[Path]()
    for files in _FILES:
        trial.last(1.0, 2.0)
        _spoil(trial, partial(_harm_one, harm, files, trial.rng), spoilt, must_be_refused=False)


def _spoil(trial: Trial, spoil: Callable[[Path], Path], spoilt: list[Path], *, must_be_refused: bool) -> None:
    """Spoil a store and wait until all tasks commit. Delete the stores that the worker refuses meanwhile."""
    errors = _errors(trial)
    trial.fleet.kill(_WORKER, lambda stores: spoilt.append(spoil(stores)))
    trial.kills += 1
    since, refused = monotonic(), False
    while _waits_for_error(trial, errors, since):
        refused = True
        reported = _error(trial, errors)
        named = [store for store in spoilt if str(store) in reported]
        _check(trial, reported, _FROM_KAFKA, named)
        trial.fleet.kill(_WORKER, partial(_wipe, named))
        errors = _errors(trial)
    trial.recoveries.append(monotonic() - since)
    if must_be_refused and not refused:
        trial.violations.append(Violation("not refused", spoilt[-1].name, "the store was opened"))


def _wipe(damaged: list[Path], _: Path) -> None:
    for store in damaged:
        wiped(store)


def _waits_for_error(trial: Trial, errors: int, since: float) -> bool:
    """Wait until the worker ends with an error or every task has committed; return whether it ended."""
    until(
        lambda: _errors(trial) > errors or not trial.watch.silent_since(since),
        _END_SECONDS,
        lambda: "no store is refused, and not all tasks commit",
    )
    return _errors(trial) > errors


def _errors(trial: Trial) -> int:
    return trial.fleet.log_of(_WORKER).count(_ERROR)


def _error(trial: Trial, number: int) -> str:
    return trial.fleet.log_of(_WORKER).split(_ERROR)[number + 1].partition("\n")[0]


def _harm_one(harm: Callable[[Random, Path], None], files: str, rng: Random, stores: Path) -> Path:
    """Damage one file of a random store; return the store."""
    store = rng.choice(sorted(stores.iterdir()))
    found = [file for file in sorted(store.glob(files)) if file.stat().st_size]
    if found:
        harm(rng, rng.choice(found))
    return store


def _cut(rng: Random, file: Path) -> None:
    os.truncate(file, rng.randrange(file.stat().st_size))


def _overwrite(rng: Random, file: Path) -> None:
    with file.open("r+b") as there:
        there.seek(rng.randrange(file.stat().st_size))
        there.write(rng.randbytes(rng.choice((1, 100, 10_000))))


def _make_older(rng: Random, stores: Path) -> Path:
    store = rng.choice(sorted(stores.iterdir()))
    older = Rdict(str(store), Options(raw_mode=True))
    older.put(_FORMAT, b"0")
    older.close()
    return store


def _move_to(disk: Path, stores: Path) -> None:
    """Move the folder of a worker's stores to another disk and empty it."""
    wiped(stores)
    stores.symlink_to(disk)


@contextmanager
def _refused(trial: Trial, says: str) -> Iterator[None]:
    """Wait until the worker ends with an error that says what to do about its disk."""
    errors = _errors(trial)
    yield
    try:
        until(
            lambda: _errors(trial) > errors,
            _END_SECONDS,
            lambda: "no error about the disk",
        )
    except TooLateError as error:
        trial.violations.append(Violation(NOT_INJECTED, "disk", str(error)))
        return
    _check(trial, _error(trial, errors), says, [trial.fleet.stores_of(_WORKER)])


def _check(trial: Trial, reported: str, says: str, named: list[Path]) -> None:
    if says not in reported or not any(str(path) in reported for path in named):
        trial.violations.append(Violation("unclear error", _WORKER, reported))


def _of_one_worker(name: str, what: str, inject: Callable[[Trial], None]) -> Fault:
    return Fault(
        name,
        what,
        inject,
        events=30_000,
        rate=1_000,
        workers=(_WORKER,),
        exits=frozenset({_EX_IOERR}),
    )


FAULTS: Final = (
    Fault("store-deleted", "a worker's stores are deleted", delete),
    _of_one_worker("store-truncated", "a file of a store is truncated", truncate),
    _of_one_worker("store-garbled", "a part of a file of a store is overwritten", garble),
    _of_one_worker("store-older", "a store has an older version", age),
    _of_one_worker("disk-full", "the disk under the stores is full at opening, and during a write", fill_up),
)
