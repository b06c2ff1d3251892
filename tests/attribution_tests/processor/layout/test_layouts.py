"""Rows say which layout they have: a change is noticed, earlier rows are read, later ones are refused."""

from typing import Any

import msgspec
import pytest

from attribution.engine.row_layout import BytesLayout, Layout, RowLayout
from attribution.errors import StateError
from attribution.processor.layout import rows
from attribution.processor.layout.orders import StoredOrder
from attribution.processor.state_version import EMBEDDED, ON_KAFKA
from attribution_tests.processor.layout.description import described
from attribution_tests.processor.layout.layouts import MESSAGES, RecordedLayout, changed, messages, recorded
from attribution_tests.upgrade.recording import Recording, StoreRow, name_of, recordings

BY_TABLE = {layout.table: layout for layout in rows.ALL}
EACH = pytest.mark.parametrize("layout", rows.ALL, ids=lambda layout: layout.table)


class OrderWithTags(StoredOrder, frozen=True, array_like=True):
    """A row that somebody has changed."""

    tags: list[str] = msgspec.field(default_factory=list)


class FactUnderAnotherName(msgspec.Struct, frozen=True, array_like=True):
    """The same bytes as a fact: names are not stored."""

    recorded_at: int
    task: int
    place: int
    key: str | None
    event: bytes


def with_layout(changed_layout: Layout) -> tuple[Layout, ...]:
    return (*(one for one in rows.ALL if one.table != changed_layout.table), changed_layout)


def test_no_layout_changed_without_its_version() -> None:
    assert list(changed(recorded())) == []


def test_a_field_more_needs_another_version() -> None:
    layout = RowLayout[OrderWithTags]("orders", rows.ORDERS.version, OrderWithTags)
    (line,) = changed(recorded(), with_layout(layout))
    assert line.startswith(
        f"orders: its rows have another layout, and still version {rows.ORDERS.version}: raise"
    )


def test_another_version_must_be_recorded() -> None:
    layout = RowLayout[OrderWithTags]("orders", rows.ORDERS.version + 1, OrderWithTags)
    (line,) = changed(recorded(), with_layout(layout))
    assert line.startswith(f"orders: version {rows.ORDERS.version + 1} is not recorded")


def test_another_version_is_greater_than_those_of_all_tables() -> None:
    """The version of the state is the greatest of all. If it did not grow, an older program would go on."""
    before = recorded()
    before["facts"].append(RecordedLayout(rows.ORDERS.version + 1, {}, ""))
    layout = RowLayout[OrderWithTags]("orders", rows.ORDERS.version + 1, OrderWithTags)
    lines = [line for line in changed(before, with_layout(layout)) if line.startswith("orders")]
    assert lines[0].startswith(f"orders: version {layout.version} must be greater than those of all tables")


def test_a_new_table_must_be_recorded() -> None:
    (line,) = changed(recorded(), (*rows.ALL, BytesLayout("penalties", 1)))
    assert line.startswith("penalties: version 1 is not recorded")


def test_another_name_in_the_code_needs_no_version() -> None:
    layout = RowLayout[FactUnderAnotherName]("facts", rows.FACTS.version, FactUnderAnotherName)
    assert list(changed(recorded(), with_layout(layout))) == []


def test_the_state_has_the_version_of_the_layout_that_changed_last() -> None:
    assert EMBEDDED.number == ON_KAFKA.number == max(layout.version for layout in rows.ALL)


def test_the_messages_between_steps_are_those_that_earlier_releases_read() -> None:
    """Another message needs another tag, beside the old one. Old and new workers run together in an upgrade."""
    assert messages() == msgspec.json.decode(MESSAGES.read_bytes())


@EACH
def test_a_row_is_written_as_it_was_read(layout: Any) -> None:
    row = bytes.fromhex(recorded()[layout.table][-1].row)
    assert row[0] == layout.version
    assert layout.pack(layout.unpack(row)) == row


@EACH
def test_a_row_of_each_version_is_read(layout: Any) -> None:
    for known in recorded()[layout.table]:
        today = layout.pack(layout.unpack(bytes.fromhex(known.row)))
        assert layout.pack(layout.unpack(today)) == today


@EACH
def test_a_row_of_a_later_program_is_refused(layout: Any) -> None:
    row = bytearray.fromhex(recorded()[layout.table][-1].row)
    row[0] = layout.version + 1
    with pytest.raises(
        StateError, match=rf"table {layout.table} has layout {layout.version + 1}.*or a later one"
    ):
        layout.unpack(bytes(row))


@EACH
def test_a_row_that_is_too_old_is_refused(layout: Any) -> None:
    row = bytearray.fromhex(recorded()[layout.table][-1].row)
    row[0] = 1
    with pytest.raises(StateError, match="no longer reads it: upgrade through a release that reads both"):
        layout.unpack(bytes(row))


def stored(recording: Recording) -> list[StoreRow]:
    return [one for one in recording.stored() if one.table in BY_TABLE]


@pytest.mark.parametrize("recording", recordings(), ids=name_of)
def test_every_row_of_a_release_is_read(recording: Recording) -> None:
    """What was read is written in today's layout, and read again as the same."""
    found = stored(recording)
    for one in found:
        layout: Any = BY_TABLE[one.table]
        today = layout.pack(layout.unpack(one.value))
        assert today[0] == layout.version
        assert layout.pack(layout.unpack(today)) == today
    assert {"orders", "facts", "moments", "threads", "watched", "reminders"} <= {one.table for one in found}


def test_a_description_has_no_names_but_those_that_are_stored() -> None:
    assert described(FactUnderAnotherName) == described(rows.FACTS.type)
    assert "link_id" in str(described(rows.INTERACTIONS.type))
