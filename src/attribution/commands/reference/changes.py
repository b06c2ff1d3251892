"""The changes that entries make to the stored versions, and which of them are refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from attribution.commands.reference.draft import Fault
from attribution.commands.reference.validation import Entry
from attribution.commands.reference.versions import Stored, Timelines
from attribution.commands.reference.yaml_input import TOPIC_NAMES
from attribution.domain.records.times import iso_of

Status: TypeAlias = Literal["new", "changed", "same"]
Difference: TypeAlias = tuple[Any, Any]
"""A field's value before and after; None if the field is absent."""

PAST_HINT: Final = (
    "is in the past, and orders may have been decided with the version in force then: "
    "choose a later effective_from, or pass --allow-past"
)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry and its effect on the stored versions.

    ``standing`` is the stored record of the same version, if there is one. ``differences`` compare the entry
    with ``standing`` or, for a new version, with the version before it. They are empty for the first version
    of an id.
    """

    entry: Entry
    after: Stored
    status: Status
    standing: Stored | None
    differences: dict[str, Difference]


def changes_of(entries: Iterable[Entry], known: Timelines, now: int | None) -> list[Change]:
    """Compare entries with the stored versions.

    Args:
        entries: the entries, each version once.
        known: the stored versions.
        now: the record timestamp for new records, in ms; None to use each record's own effective_from.

    Returns:
        One change per entry, ordered by topic, id and effective_from.
    """
    stored = [(entry, entry.stored(entry.record.effective_from if now is None else now)) for entry in entries]
    given = Timelines(after for _, after in stored)
    changes = [_change(entry, after, known, given) for entry, after in stored]
    return sorted(changes, key=_reading_order)


def _change(entry: Entry, after: Stored, known: Timelines, given: Timelines) -> Change:
    standing = known.get(after.version)
    before = standing or _predecessor(after, known, given)
    status: Status = "changed" if standing else "new"
    if standing and standing.record == after.record:
        status = "same"
    return Change(entry, after, status, standing, _differences(before, after) if before else {})


def _predecessor(after: Stored, known: Timelines, given: Timelines) -> Stored | None:
    earlier = after.record.effective_from - 1
    candidates = [timelines.in_force(after.topic, after.id, earlier) for timelines in (given, known)]
    found = [candidate for candidate in candidates if candidate]
    return max(found, key=lambda one: one.record.effective_from, default=None)


def _differences(before: Stored, after: Stored) -> dict[str, Difference]:
    old, new = before.fields, after.fields
    names = [*new, *(name for name in old if name not in new)]
    return {
        name: (old.get(name), new.get(name))
        for name in names
        if name != "effective_from" and old.get(name) != new.get(name)
    }


def _reading_order(change: Change) -> tuple[int, str, int]:
    topic, identity, effective_from = change.after.version
    return TOPIC_NAMES.index(topic), identity, effective_from


def faults_of_past(changes: Iterable[Change], now: int) -> list[Fault]:
    """Return a fault for each change that takes effect before ``now``."""
    return [
        Fault(change.entry.place, "effective_from", "IN_THE_PAST", f"{_when(change)} {PAST_HINT}")
        for change in changes
        if change.status != "same" and change.after.record.effective_from < now
    ]


def faults_of_order(changes: Iterable[Change]) -> list[Fault]:
    """Return a fault for each correction that has no effect.

    A correction has no effect if the record it corrects has a later record timestamp.
    """
    return [
        _unseen(change, change.standing)
        for change in changes
        if change.status == "changed"
        and change.standing
        and change.standing.timestamp > change.after.timestamp
    ]


def _unseen(change: Change, standing: Stored) -> Fault:
    reason = (
        f"the record it corrects has a later record timestamp ({iso_of(standing.timestamp)}) and would still "
        "win: omit --as-of-effective, or add a new version with another effective_from"
    )
    return Fault(change.entry.place, "", "NOT_SEEN", reason)


def _when(change: Change) -> str:
    return iso_of(change.after.record.effective_from)
