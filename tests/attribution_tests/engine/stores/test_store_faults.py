"""A RocksDB store with damaged files shows the state of some commit, or its error says what to do."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from shutil import copytree, rmtree
from typing import Final

import pytest

from attribution.engine.stores.rocksdb import RocksStore
from attribution.errors import StateError
from attribution_tests.small_disk import fill, mounted

CACHE_BYTES: Final = 1_000_000
KEYS: Final = [bytes((number,)) for number in range(20)]
A_FEW: Final = 3
"""How many keys change with a commit. A commit that is lost between others shows."""
RUNS: Final = 3
COMMITS_A_RUN: Final = 15
PLACES: Final = 24
DISK_BYTES: Final = 8 << 20
FILES: Final = ("CURRENT", "MANIFEST-*", "*.sst", "*.log", "OPTIONS-*", "rocksdict-config.json", "IDENTITY")

Rows = dict[bytes, bytes]


def rows_of(store: RocksStore) -> Rows:
    return dict(store.scan("t", b"", b"\xff"))


def commit(store: RocksStore, random: Random, size: int = 500) -> Rows:
    rows = dict.fromkeys(random.sample(KEYS, A_FEW), random.randbytes(size))
    store.write({"t": rows})
    store.commit()
    return rows


class Left:
    """A directory with tables and a log that a killed run left, and the rows after each commit."""

    def __init__(self, folder: Path) -> None:
        self.states: list[Rows] = [{}]
        random = Random(1)  # noqa: S311
        for _run in range(RUNS):
            store = RocksStore(folder / "state", CACHE_BYTES)
            for _ in range(COMMITS_A_RUN):
                self.states.append(self.states[-1] | commit(store, random))
            rmtree(folder / "killed", ignore_errors=True)
            self.path = copytree(folder / "state", folder / "killed")
            store.close()


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    return Left(tmp_path_factory.mktemp("left"))


def cut(file: Path, place: int) -> None:
    os.truncate(file, place)


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_file_gives_the_state_of_some_commit_or_an_error(
    left: Left, tmp_path: Path, damage: Callable[[Path, int], None], pattern: str
) -> None:
    size = largest(left.path, pattern).stat().st_size
    for place in sorted({size * number // PLACES for number in range(PLACES)}):
        path = copytree(left.path, tmp_path / str(place))
        damage(largest(path, pattern), place)
        said, rows = opened(path)
        if said:
            assert str(path) in said
            assert "delete the directory" in said
        else:
            assert rows in left.states, place


def largest(path: Path, pattern: str) -> Path:
    return max(path.glob(pattern), key=lambda file: file.stat().st_size)


def opened(path: Path) -> tuple[str, Rows]:
    """Return the error of opening and reading a store, or its rows."""
    try:
        store = RocksStore(path, CACHE_BYTES)
        rows = rows_of(store)
    except StateError as error:
        return str(error), {}
    store.close()
    return "", rows


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", DISK_BYTES) as path:
        yield path


def test_a_full_disk_is_an_error_and_keeps_earlier_commits(disk: Path) -> None:
    random, path = Random(2), disk / "state"  # noqa: S311
    ballast = fill(disk)
    with pytest.raises(StateError, match=f"{disk}.*make room on that disk, and start again"):
        RocksStore(path, CACHE_BYTES)
    ballast.unlink()
    store, states = RocksStore(path, CACHE_BYTES), [Rows()]
    with pytest.raises(StateError, match=f"{path}: .*make room on that disk, and start again"):
        states.extend(states[-1] | commit(store, random, size=10_000) for _ in range(DISK_BYTES // 20_000))
    (path / "LOG").unlink()
    said, rows = opened(path)
    assert rows == states[-1] or "make room on that disk" in said
