"""Validation of drafts against the types and rules of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import inspect

from attribution.commands.reference.draft import Draft, Fault, Place
from attribution.commands.reference.field_types import field_shapes, is_time, plain, shapes_in
from attribution.commands.reference.versions import Stored, VersionKey
from attribution.domain.ingest.cross_field import cross_field_faults
from attribution.domain.ingest.validation import field_faults
from attribution.domain.records.fields import MAX_RECORD_BYTES
from attribution.domain.records.reference import Reference
from attribution.domain.records.times import ms_of
from attribution.domain.records.topics import BY_NAME

TIME_HINT: Final = "not a time: write 2025-10-29, 2025-10-29T08:30:00+08:00, or milliseconds"
_FIELD_OF_RULE: Final = {"BAD_LINK": "target", "BAD_SPLITS": "splits"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A valid record, and its place in the input."""

    place: Place
    topic: str
    record: Reference

    def stored(self, timestamp: int) -> Stored:
        """Return the stored record with a record timestamp."""
        return Stored(self.topic, self.record, timestamp)

    @property
    def version(self) -> VersionKey:
        """Return the version: topic, id, effective_from."""
        return self.stored(0).version


@dataclass(slots=True)
class Checked:
    """The valid entries, the faults, and notices that are not faults."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def check(drafts: Iterable[Draft]) -> Checked:
    """Check drafts against the contract and report every fault, not only the first.

    A version given twice is one entry if both records are equal, otherwise a fault.
    """
    checked = Checked()
    for draft in drafts:
        reading = _Reading(draft)
        faults = reading.faults()
        checked.faults += faults
        checked.notices += reading.notices
        if not faults:
            checked.entries.append(Entry(draft.place, draft.topic, reading.record()))
    return _each_once(checked)


class _Reading:
    """One draft with its times parsed."""

    def __init__(self, draft: Draft) -> None:
        self.notices: list[str] = []
        self._draft = draft
        self._no_times: set[str] = set()
        self._type = BY_NAME[draft.topic].record
        self._fields = self._read_fields(draft.fields, field_shapes(self._type), "")

    def faults(self) -> list[Fault]:
        """Return the faults of single fields or, if there are none, the faults between fields."""
        found = [
            self._fault(refusal.code, refusal.detail) for refusal in field_faults(self._fields, self._type)
        ]
        if found:
            return found
        record = self.record()
        between = [(str(code), detail) for code, detail in cross_field_faults(record)]
        size = len(msgspec.json.encode(record))
        if size > MAX_RECORD_BYTES:
            between.append(("TOO_LARGE", f"{size} bytes, at most {MAX_RECORD_BYTES}"))
        return [
            Fault(self._draft.place, _FIELD_OF_RULE.get(code, ""), code, detail) for code, detail in between
        ]

    def record(self) -> Reference:
        """Return the record. Requires a draft without faults in single fields."""
        return msgspec.convert(self._fields, self._type, strict=True)  # type: ignore[no-any-return]

    def _fault(self, code: str, detail: str) -> Fault:
        path, _, reason = detail.partition(": ")
        if not reason:
            path, reason = detail.removesuffix(" is missing"), "is missing"
        path = path.removeprefix("$").removeprefix(".")
        return Fault(self._draft.place, path, code, TIME_HINT if path in self._no_times else reason)

    def _read_fields(
        self, given: dict[str, Any], shapes: dict[str, inspect.Type], under: str
    ) -> dict[str, Any]:
        for name in given:
            if name not in shapes:
                self.notices.append(f"{self._draft.place}: {under}{name}: no such field, ignored")
        return {name: self._read(given[name], shapes[name], under + name) for name in given if name in shapes}

    def _read(self, value: Any, shape: inspect.Type, path: str) -> Any:
        if is_time(shape) and isinstance(value, str):
            return self._read_time(value, path)
        shape = plain(shape)
        if isinstance(shape, inspect.StructType) and isinstance(value, dict):
            return self._read_fields(value, shapes_in(shape), f"{path}.")
        if isinstance(shape, inspect.ListType) and isinstance(value, list):
            return [self._read(item, shape.item_type, f"{path}[{place}]") for place, item in enumerate(value)]
        return value

    def _read_time(self, text: str, path: str) -> int | str:
        try:
            return ms_of(text)
        except ValueError:
            self._no_times.add(path)
            return text


def _each_once(checked: Checked) -> Checked:
    first: dict[VersionKey, Entry] = {}
    for entry in checked.entries:
        standing = first.setdefault(entry.version, entry)
        if standing.record != entry.record:
            reason = f"differs from {standing.place}, which has the same id and effective_from; keep one"
            checked.faults.append(Fault(entry.place, "", "GIVEN_TWICE", reason))
    return Checked(list(first.values()), checked.faults, checked.notices)
