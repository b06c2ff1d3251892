"""What the state remembers of a run: which input it reads, how far it came, what it wrote."""

import msgspec

from attribution.engine.stores.store import Store
from attribution.engine.tables import WriteBatch
from attribution.errors import StateError
from attribution.hosts.embedded.source import Position

STATE_VERSION = 2
_TABLE = "run"


class Checkpoint(msgspec.Struct):
    """The commit mark of a run: ``input`` and ``output`` name what is read and written, ``lengths`` how far."""

    state_version: int
    input: str
    output: str
    positions: dict[str, Position]
    lengths: dict[str, int]


def read_checkpoint(store: Store, input_name: str) -> Checkpoint | None:
    """Return the mark of an earlier run, if there was one.

    Raises:
        StateError: the state is of another version, or belongs to another input.
    """
    row = store.get(_TABLE, b"mark")
    if row is None:
        return None
    version = msgspec.msgpack.decode(row, type=dict)["state_version"]
    if version != STATE_VERSION:
        raise StateError(
            f"the state is of version {version}, this program's of {STATE_VERSION}: "
            "start again with a new state file and another --output"
        )
    checkpoint = msgspec.msgpack.decode(row, type=Checkpoint)
    if checkpoint.input != input_name:
        raise StateError(
            f"the state belongs to the input {checkpoint.input}, not to {input_name}: "
            "give that input, or a new state file"
        )
    return checkpoint


def write_checkpoint(write_batch: WriteBatch, checkpoint: Checkpoint) -> None:
    """Put a mark into a unit of work."""
    write_batch.put(_TABLE, b"mark", msgspec.msgpack.encode(checkpoint))
