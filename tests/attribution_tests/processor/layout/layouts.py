"""The recorded layouts: by table, the version of its layout, what its rows are made of, and one of them.

    PYTHONPATH=tests .venv/bin/python -m attribution_tests.processor.layout.layouts

writes ``layouts.json`` anew. It refuses if the layout of a table has changed and its version has not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from attribution.domain.references.default_policy import DEFAULT_POLICY
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


class RecordedLayout(msgspec.Struct):
    """``row`` is a row of the table, in hexadecimal."""

    version: int
    layout: Any
    row: str


Layouts = dict[str, RecordedLayout]


def recorded() -> Layouts:
    """Return the recorded layouts."""
    return msgspec.json.decode(FILE.read_bytes(), type=Layouts)


def changed(before: Layouts, now: tuple[Layout, ...] = rows.ALL) -> Iterator[str]:
    """Yield the tables whose layout has changed while its version has not, and those that are not recorded."""
    for layout in now:
        known = before.get(layout.table)
        if known is None or known.version < layout.version:
            yield f"{layout.table}: version {layout.version} is not recorded: run the command in this module"
        elif known.layout != described(layout.type):
            yield (
                f"{layout.table}: its rows have another layout, and still version {known.version}: raise the version in "
                "processor/layout/rows.py, and let the old rows be read (processor/layout/earlier.py)"
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
    before = recorded() if FILE.exists() else {}
    wrong = [line for line in changed(before) if "is not recorded" not in line]
    if wrong:
        raise SystemExit("\n".join(wrong))
    samples = sample_rows()
    now = {
        layout.table: before[layout.table]
        if layout.table in before and before[layout.table].version == layout.version
        else RecordedLayout(layout.version, described(layout.type), samples[layout.table].hex())
        for layout in rows.ALL
    }
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(now, order="sorted"), indent=1) + b"\n")


if __name__ == "__main__":
    main()
