"""Rows of earlier versions are read, by readers of their own or like those of today; others are refused."""

from typing import Final

import msgspec
import pytest

from attribution.engine.row_layout import UNVERSIONED, BytesLayout, RowLayout, unchanged
from attribution.engine.state_version import StateVersion
from attribution.errors import StateError

OWN: Final = StateVersion(9, oldest=5, release="1.9")


class Row(msgspec.Struct, array_like=True):
    name: str
    count: int = 0


def counted(stored: bytes) -> Row:
    return Row(msgspec.msgpack.decode(stored, type=str), 1)


LAYOUT: Final = RowLayout[Row]("t", 7, Row, alike=(UNVERSIONED, 3), before={4: counted})


@pytest.mark.parametrize(
    ("stored", "row"),
    [
        (b"\x07" + msgspec.msgpack.encode(("a", 2)), Row("a", 2)),
        (b"\x03" + msgspec.msgpack.encode(("a",)), Row("a", 0)),
        (b"\x04" + msgspec.msgpack.encode("a"), Row("a", 1)),
        (msgspec.msgpack.encode(("a", 2)), Row("a", 2)),
    ],
    ids=["today's", "alike", "by a reader", "without a version"],
)
def test_rows_of_each_version(stored: bytes, row: Row) -> None:
    assert LAYOUT.unpack(stored) == row


def test_a_row_is_written_in_the_version_of_today() -> None:
    assert LAYOUT.pack(Row("a", 2)) == LAYOUT.pack(("a", 2)) == b"\x07\x92\xa1a\x02"


@pytest.mark.parametrize(
    ("version", "advice"), [(5, "no longer reads it"), (8, "up to 7: run the release that wrote it")]
)
def test_a_row_that_no_reader_fits_is_refused(version: int, advice: str) -> None:
    with pytest.raises(StateError, match=f"table t has layout {version}, .*{advice}"):
        LAYOUT.unpack(bytes((version,)) + b"\x91\xa1a")


@pytest.mark.parametrize(
    "stored", [b"", b"\x07", b"\x07\x92\xa1a", b"\x07\x92\x01\x02", b"\x92\xa1\xff\x01", b"\xc1"]
)
def test_a_damaged_row_is_told_by_its_table(stored: bytes) -> None:
    with pytest.raises(StateError, match="a row of table t is damaged"):
        LAYOUT.unpack(stored)


def test_a_table_that_is_younger_than_versions_has_no_rows_without_one() -> None:
    with pytest.raises(StateError, match="table young has layout 0, this program no longer reads it"):
        RowLayout[Row]("young", 4, Row).unpack(msgspec.msgpack.encode(("a",)))


def test_bytes_of_each_version() -> None:
    layout = BytesLayout("b", 5, {UNVERSIONED: unchanged, 3: lambda content: content[:4]})
    assert layout.unpack(b"\x05abcd") == b"abcd"
    assert layout.unpack(b"\x03abcdefgh") == b"abcd"
    assert layout.unpack(b"\x03\x03\x03\x03") == b"\x03\x03\x03\x03"
    assert layout.unpack(b"") == b""
    with pytest.raises(StateError, match="has layout 6"):
        layout.unpack(b"\x06abcd")


def test_bytes_of_a_young_table_may_have_any_length() -> None:
    layout = BytesLayout("b", 5)
    assert [layout.unpack(layout.pack(b"x" * length)) for length in range(9)] == [b"x" * n for n in range(9)]
    with pytest.raises(StateError, match="a row of table b is damaged"):
        layout.unpack(b"")


@pytest.mark.parametrize("found", [5, 9])
def test_a_state_within_the_versions_is_read(found: int) -> None:
    OWN.check(found, "1.5", "the state", "begin anew")


@pytest.mark.parametrize(
    ("found", "release", "text"),
    [
        (10, "2.0", "reads 5 to 9: run attribution 2.0 or later, or begin anew"),
        (10, "", "reads 5 to 9: run the release that wrote it, or begin anew"),
        (4, "1.4", "reads 5 to 9: upgrade through a release that reads both, or begin anew"),
    ],
)
def test_a_state_of_another_version_is_refused_with_the_way_out(found: int, release: str, text: str) -> None:
    with pytest.raises(StateError, match=f"the state has state version {found}, attribution 1.9 {text}"):
        OWN.check(found, release, "the state", "begin anew")
