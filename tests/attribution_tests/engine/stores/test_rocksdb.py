"""Behaviour of the RocksDB store only: mostly errors that say what is wrong with its directory."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from shutil import copytree
from time import monotonic
from typing import Final

import pytest
from rocksdict import Options, Rdict

from attribution.engine.stores.rocksdb import RocksStore
from attribution.errors import StateError
from attribution_tests.engine.stores.killed_writer import DEADLINE_SECONDS, Writer, lowest_and_highest

CACHE_BYTES: Final = 1_000_000
NOBODY: Final = 65_534
STEPS: Final = 250


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


def commit(store: RocksStore, key: bytes, value: bytes | None) -> None:
    store.write({"t": {key: value}})
    store.commit()


def keys(store: RocksStore) -> list[bytes]:
    return [key for key, _ in store.scan("t", b"", b"\xff")]


@contextmanager
def opened(path: Path) -> Iterator[RocksStore]:
    store = RocksStore(path, CACHE_BYTES)
    try:
        yield store
    finally:
        store.close()


def test_shows_only_what_is_committed(path: Path) -> None:
    with opened(path) as store:
        commit(store, b"a", b"1")
        store.write({"t": {b"a": b"2", b"b": b"1"}})
        store.drop("t", b"a", b"b")
        assert (store.get("t", b"a"), store.get("t", b"b"), keys(store)) == (b"1", None, [b"a"])


def test_a_scan_shows_the_store_as_it_was_when_it_began(path: Path) -> None:
    with opened(path) as store:
        commit(store, b"a", b"1")
        commit(store, b"c", b"1")
        scan = store.scan("t", b"", b"z")
        assert next(scan) == (b"a", b"1")
        commit(store, b"b", b"1")
        commit(store, b"c", None)
        assert list(scan) == [(b"c", b"1")]


def test_a_scan_keeps_its_end_after_the_bytes_of_the_end_are_freed(path: Path) -> None:
    with opened(path) as store:
        store.write({"t": {bytes((number,)): b"" for number in range(10)}})
        store.commit()
        scan = store.scan("t", b"", bytes([5]) * 3_000)
        read = [next(scan)]
        others = [bytes([byte]) * 3_002 for byte in range(200)]
        assert len(read + list(scan)) == 6, len(others)


def test_tables_whose_names_begin_alike_are_kept_apart(path: Path) -> None:
    with opened(path) as store:
        store.write({"t": {b"ab": b"1"}, "ta": {b"b": b"2"}, "tab": {b"": b"3"}})
        store.drop("ta", b"", b"\xff")
        store.commit()
        assert [list(store.scan(table, b"", b"\xff")) for table in ("t", "ta", "tab")] == [
            [(b"ab", b"1")],
            [],
            [(b"", b"3")],
        ]


def test_reopens_after_any_number_of_commits(path: Path) -> None:
    """A ring keeps the numbers of the last commits. The test wraps it, and reopens at its end."""
    for count in (16_383, 1, 4_000):
        with opened(path) as store:
            for _ in range(count):
                commit(store, b"a", b"")
    with opened(path) as store:
        assert keys(store) == [b"a"]


def test_small_commits_do_not_stay_in_the_log_forever(path: Path) -> None:
    with opened(path) as store:
        for _ in range(4_096):
            commit(store, b"a", b"")
        deadline = monotonic() + DEADLINE_SECONDS
        while not list(path.glob("*.sst")):
            assert monotonic() < deadline


def test_the_cache_has_the_size_given_at_the_last_opening(path: Path) -> None:
    with opened(path) as store:
        commit(store, b"a", b"1")
    store = RocksStore(path, 7 * CACHE_BYTES)
    assert store._db.property_int_value("rocksdb.block-cache-capacity") == 7 * CACHE_BYTES  # noqa: SLF001
    store.close()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            b"\x00format",
            b"0",
            "its format is b'0', not b'1'; delete the directory: its content is restored from Kafka",
        ),
        (b"somebody's", b"", "it has no format marker; give another directory, or delete this one"),
    ],
)
def test_another_format_is_an_error_that_says_what_to_do(
    path: Path, key: bytes, value: bytes, message: str
) -> None:
    other = Rdict(str(path), Options(raw_mode=True))
    other.put(key, value)
    other.close()
    with pytest.raises(StateError, match=f"{path}: {message}") as first:
        RocksStore(path, CACHE_BYTES)
    with pytest.raises(StateError) as second:
        RocksStore(path, CACHE_BYTES)
    assert str(second.value) == str(first.value)


def test_a_store_of_another_owner_is_an_error_that_says_what_to_do(path: Path) -> None:
    RocksStore(path, CACHE_BYTES, "task-0").close()
    with pytest.raises(
        StateError, match=f"{path}: it is the store of b'task-0', not of b'task-1'.*; delete the dir"
    ):
        RocksStore(path, CACHE_BYTES, "task-1")
    RocksStore(path, CACHE_BYTES, "task-0").close()


def test_a_file_in_place_of_the_directory_is_an_error_that_says_so(path: Path) -> None:
    path.write_text("")
    with pytest.raises(StateError, match=f"{path}: File exists .*; give a directory that can be created"):
        RocksStore(path, CACHE_BYTES)


def test_a_read_only_directory_is_an_error_that_says_so(path: Path) -> None:
    path.mkdir(mode=0o500)
    with by_nobody(), pytest.raises(StateError, match=f"{path}: .*Permission denied.*; let this user write"):
        RocksStore(path, CACHE_BYTES)


@contextmanager
def by_nobody() -> Iterator[None]:
    """Drop root's right to write everywhere within the block."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_failed_commit_closes_the_store_and_keeps_earlier_commits(path: Path) -> None:
    store = RocksStore(path, CACHE_BYTES)
    commit(store, b"a", b"1")
    with files_of_at_most(100_000), pytest.raises(StateError, match=f"{path}: .*too large"):
        commit(store, b"b", Random(1).randbytes(1_000_000))  # noqa: S311
    with pytest.raises(StateError, match="already closed; the error before this one says why"):
        commit(store, b"c", b"1")
    for read in (partial(store.get, "t", b"a"), partial(keys, store), store.size_bytes):
        with pytest.raises(StateError, match="already closed"):
            read()
    with opened(path) as store:
        assert keys(store) == [b"a"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a log and two files of one RocksDB write buffer each.

    RocksDB writes the files in the background.
    """
    path = tmp_path_factory.mktemp("killed") / "state"
    with Writer(RocksStore, path, last=STEPS) as writer:
        writer.wait_for(STEPS)
        deadline = monotonic() + DEADLINE_SECONDS
        while len(list(path.glob("*.log"))) > 1:
            assert monotonic() < deadline
    return path


@pytest.fixture
def damaged(killed: Path, path: Path) -> Path:
    return copytree(killed, path)


def first(directory: Path, pattern: str) -> Path:
    return min(directory.glob(pattern))


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.sst"])
@pytest.mark.parametrize("size", [0, 10, None], ids=["empty", "cut", "gone"])
def test_a_cut_or_missing_file_is_an_error_that_says_what_to_do(
    damaged: Path, pattern: str, size: int | None
) -> None:
    file = first(damaged, pattern)
    if size is None:
        file.unlink()
    else:
        os.truncate(file, size)
    with pytest.raises(StateError, match=f"{damaged}: .*delete the directory: .* Kafka"):
        RocksStore(damaged, CACHE_BYTES)


def test_a_manifest_cut_anywhere_is_an_error_or_does_no_harm(killed: Path, tmp_path: Path) -> None:
    """RocksDB itself opens most of them: the last writes are there, but many earlier ones are missing."""
    size = first(killed, "MANIFEST-*").stat().st_size
    errors = [error_of(copytree(killed, tmp_path / str(cut)), cut) for cut in range(0, size, size // 20)]
    assert any("commits before number" in text for text in errors), errors


def error_of(directory: Path, cut: int) -> str:
    os.truncate(first(directory, "MANIFEST-*"), cut)
    try:
        with opened(directory) as store:
            lowest, highest = lowest_and_highest(store)
    except StateError as error:
        return str(error)
    assert lowest == highest
    return ""


def test_an_overwritten_table_is_an_error_and_never_a_wrong_value(damaged: Path) -> None:
    for file in damaged.glob("*.sst"):
        with file.open("r+b") as content:
            content.seek(file.stat().st_size // 3)
            content.write(b"\xaa" * 20_000)
    with (
        pytest.raises(StateError, match=r"checksum mismatch.*delete the directory"),
        opened(damaged) as store,
    ):
        list(store.scan("values", b"", b"\xff"))


def test_a_log_that_is_cut_short_keeps_the_first_commits(damaged: Path) -> None:
    log = max(damaged.glob("*.log"))
    os.truncate(log, log.stat().st_size // 2)
    with opened(damaged) as store:
        lowest, highest = lowest_and_highest(store)
    assert 1 < lowest == highest < STEPS
