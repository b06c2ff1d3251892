"""Stores are lost, damaged, of another version; their disk is full."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from rocksdict import Options, Rdict

from chaos.checkers import Violation
from chaos.fleet import wiped
from chaos.trial import NOT_INJECTED, Fault, Trial
from chaos.waiting import TooLateError, until
from small_disk import fill, mounted

_WORKER: Final = "a"
_READY: Final = "task ready"
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
    """Cut one file of a store short; where the worker will not have the store, delete it, as it says."""
    for files in _FILES:
        trial.last(1.0, 2.0)
        _spoil(trial, partial(_cut, files, trial.dice), must_be_refused=False)


def age(trial: Trial) -> None:
    """Have a store be of an older version."""
    for _ in range(trial.rounds):
        trial.last(1.0, 2.0)
        _spoil(trial, partial(_make_older, trial.dice), must_be_refused=True)


def fill_up(trial: Trial) -> None:
    """Have the disk be full when a store is opened, and then in the middle of writing."""
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


def _spoil(trial: Trial, spoil: Callable[[Path], Path], *, must_be_refused: bool) -> None:
    """Do something to a store; delete it if it is refused."""
    fleet, spoilt = trial.fleet, list[Path]()
    errors, ready = (fleet.log_of(_WORKER).count(word) for word in (_ERROR, _READY))
    fleet.kill(_WORKER, lambda stores: spoilt.append(spoil(stores)))
    trial.kills += 1
    tasks = trial.deployed.kafka.partitions
    until(
        lambda: (
            fleet.log_of(_WORKER).count(_ERROR) > errors
            or fleet.log_of(_WORKER).count(_READY) >= ready + tasks
        ),
        _END_SECONDS,
        lambda: "a store is refused, or all are opened",
    )
    told = fleet.log_of(_WORKER).split(_ERROR)[errors + 1 :]
    if told:
        _check(trial, told[0], _FROM_KAFKA, spoilt[0])
        fleet.kill(_WORKER, lambda _: wiped(spoilt[0]))
    elif must_be_refused:
        trial.violations.append(Violation("not refused", spoilt[0].name, "the store was opened"))
    trial.recover()


def _cut(files: str, dice: Random, stores: Path) -> Path:
    """Cut a file of some store short, at random; return the store."""
    store = dice.choice(sorted(stores.iterdir()))
    found = sorted(store.glob(files))
    if found:
        file = dice.choice(found)
        os.truncate(file, dice.randrange(file.stat().st_size or 1))
    return store


def _make_older(dice: Random, stores: Path) -> Path:
    store = dice.choice(sorted(stores.iterdir()))
    older = Rdict(str(store), Options(raw_mode=True))
    older.put(_FORMAT, b"0")
    older.close()
    return store


def _move_to(disk: Path, stores: Path) -> None:
    """Have a worker's stores be on another disk, without what they held."""
    wiped(stores)
    stores.symlink_to(disk)


@contextmanager
def _refused(trial: Trial, says: str) -> Iterator[None]:
    """Wait until the worker ends by an error that says what to do about its disk."""
    errors = trial.fleet.log_of(_WORKER).count(_ERROR)
    yield
    try:
        until(
            lambda: trial.fleet.log_of(_WORKER).count(_ERROR) > errors,
            _END_SECONDS,
            lambda: "an error of the disk",
        )
    except TooLateError as error:
        trial.violations.append(Violation(NOT_INJECTED, "disk", str(error)))
        return
    told = trial.fleet.log_of(_WORKER).split(_ERROR)[errors + 1]
    _check(trial, told, says, trial.fleet.stores_of(_WORKER))


def _check(trial: Trial, told: str, says: str, where: Path) -> None:
    line = told.partition("\n")[0]
    if says not in line or str(where) not in line:
        trial.violations.append(Violation("unclear error", where.name, line))


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
    _of_one_worker("store-truncated", "a file of a store is cut short", truncate),
    _of_one_worker("store-older", "a store is of an older version", age),
    _of_one_worker("disk-full", "the disk under the stores is full, at opening and while writing", fill_up),
)
