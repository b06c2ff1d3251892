"""Input files; the file name extension decides the reader."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attribution.commands.reference.csv_input import read_csv
from attribution.commands.reference.draft import Drafts, Fault, Place
from attribution.commands.reference.yaml_input import read_yaml

READERS: Final = {".yaml": read_yaml, ".yml": read_yaml, ".csv": read_csv}


def read_files(files: Iterable[Path]) -> Drafts:
    """Read all files. A file that can't be read is a fault; the others are still read."""
    read = [_read_file(file) for file in files]
    return Drafts(
        [draft for each in read for draft in each.drafts], [fault for each in read for fault in each.faults]
    )


def _read_file(file: Path) -> Drafts:
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        return _unreadable(file, f"expected a name that ends in {', '.join(READERS)}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(file, f"can't be read as UTF-8 text: {error}")
    return reader(text, str(file))


def _unreadable(file: Path, reason: str) -> Drafts:
    return Drafts([], [Fault(Place(str(file)), "", "BAD_FILE", reason)])
