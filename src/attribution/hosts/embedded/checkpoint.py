"""The checkpoint of a run in its state: the input and the output, and how far each is."""

from typing import Final

import msgspec

from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.errors import StateError
from attribution.hosts.embedded.source import Position
from attribution.processor.state_version import EMBEDDED

_TABLE: Final = "run"
_ANEW: Final = "start again with a new state file and another --output"


class Checkpoint(msgspec.Struct):
    """What a step of a run commits.

    ``positions`` say how far each input is processed. ``lengths`` are the sizes of the output files in bytes,
    by topic. ``release`` is that of the program.
    """

    state_version: int
    input: str
    output: str
    positions: dict[str, Position]
    lengths: dict[str, int]
    release: str = ""


class _Wrote(msgspec.Struct):
    """The part of a checkpoint that every version has."""

    state_version: int
    release: str = ""


def read_checkpoint(store: Store, input_name: str) -> Checkpoint | None:
    """Return the checkpoint of an earlier run, or None if there is none.

    Raises:
        StateError: the state has another version, or belongs to another input.
    """
    row = store.get(_TABLE, b"mark")
    if row is None:
        return None
    wrote = msgspec.msgpack.decode(row, type=_Wrote)
    EMBEDDED.check(wrote.state_version, wrote.release, "the state file", _ANEW)
    checkpoint = msgspec.msgpack.decode(row, type=Checkpoint)
    if checkpoint.input != input_name:
        raise StateError(
            f"the state belongs to the input {checkpoint.input}, not to {input_name}: "
            "give that input, or a new state file"
        )
    return checkpoint


def write_checkpoint(write_batch: WriteBatch, checkpoint: Checkpoint) -> None:
    """Put a checkpoint into a unit of work."""
    write_batch.put(_TABLE, b"mark", msgspec.msgpack.encode(checkpoint))
