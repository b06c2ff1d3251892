"""The recorded layouts: by table, each version of its layout, what its rows are made of, and one of them.

    PYTHONPATH=tests .venv/bin/python -m attribution_tests.processor.layout.layouts

adds the versions that are new to ``layouts.json``. It refuses if the layout of a table has changed and its version
has not. The messages between steps are here too. They have no version: releases read each other's.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.domain.steps.topology import declared
from attribution.engine.row_layout import Layout
from attribution.engine.stores.memory import MemoryStore
from attribution.processor.layout import rows
from attribution.processor.persistence import EVERYTHING, Limits
from attribution.processor.processor import Processor
from attribution_tests.oracle import Arrival
from attribution_tests.processor.against_oracle import YEAR, records_of
from attribution_tests.processor.layout.description import described
from attribution_tests.upgrade.recording import recordings

FILE: Final = Path(__file__).parent / "layouts.json"
MESSAGES: Final = Path(__file__).parent / "messages.json"


NOT_RECORDED: Final = "is not recorded: run the command in this module"


class RecordedLayout(msgspec.Struct):
    """``row`` is a row of the table, in hexadecimal."""

    version: int
    layout: Any
    row: str


Layouts = dict[str, list[RecordedLayout]]
"""By table: the versions of its layout, the latest last."""


def recorded() -> Layouts:
    """Return the recorded layouts."""
    return msgspec.json.decode(FILE.read_bytes(), type=Layouts)


def messages() -> dict[str, Any]:
    """Return what the messages of each repartition topic are made of."""
    return {one.topic: described(one.message) for one in declared().repartitions}


def changed(before: Layouts, now: tuple[Layout, ...] = rows.ALL) -> Iterator[str]:
    """Yield what is wrong with the layouts: not recorded, or changed while the version has not."""
    latest = max((known[-1].version for known in before.values()), default=0)
    for layout in now:
        known = before.get(layout.table)
        if known is not None and known[-1].version < layout.version <= latest:
            yield (
                f"{layout.table}: version {layout.version} must be greater than those of all tables: {latest + 1} or "
                "more, or an older program would not notice that the state is newer"
            )
        elif known is None or known[-1].version < layout.version:
            yield f"{layout.table}: version {layout.version} {NOT_RECORDED}"
        elif known[-1].layout != described(layout.type):
            yield (
                f"{layout.table}: its rows have another layout, and still version {layout.version}: raise the "
                "version in processor/layout/rows.py, and let the old rows be read (processor/layout/earlier.py)"
            )


def sample_rows() -> dict[str, bytes]:
    """Return the longest row of each table that a small history leaves in a store."""
    store = MemoryStore()
    steps = Processor(store, DEFAULT_POLICY, Limits(10**6, YEAR, sweep_outputs=1), EVERYTHING)
    history = [Arrival(one.topic, one.timestamp, one.value) for one in recordings()[0].first()]
    records = records_of(history)
    found: dict[str, bytes] = {}
    while records or steps.is_sweeping:
        if steps.is_sweeping:
            steps.sweep()
        else:
            records = records[steps.process(records) :]
        steps.flush()
        steps.unit.write_batch.write_to(store)
        steps.unit.clear()
        for layout in rows.ALL:
            kept = [
                found.get(layout.table, b""),
                *(row for _, row in store.scan(layout.table, b"", b"\xff" * 9)),
            ]
            found[layout.table] = max(kept, key=lambda row: (len(row), row))
    return found


def main() -> None:
    found = recorded() if FILE.exists() else {}
    wrong = [line for line in changed(found) if not line.endswith(NOT_RECORDED)]
    if wrong:
        raise SystemExit("\n".join(wrong))
    samples = sample_rows()
    for layout in rows.ALL:
        versions = found.setdefault(layout.table, [])
        if not versions or versions[-1].version < layout.version:
            row = samples[layout.table].hex()
            versions.append(RecordedLayout(layout.version, described(layout.type), row))
    _write(FILE, found)
    if not MESSAGES.exists():
        _write(MESSAGES, messages())


def _write(file: Path, content: Any) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=1) + b"\n")


if __name__ == "__main__":
    main()
