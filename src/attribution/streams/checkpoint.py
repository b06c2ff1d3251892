"""Checkpoints: the progress of a task in its changelog, and of its store on disk."""

from typing import Final

import msgspec

from attribution.engine.stores.store import Store
from attribution.errors import StateError

TASK_KEY: Final = b"__task"
LOCAL: Final = "local"
"""The table that holds the checkpoint of the store itself. It is in no changelog."""

Positions = dict[str, dict[str, int]]
"""By step and topic: the offset of the first record that is not processed yet."""
Processed = dict[str, dict[str, list[int]]]
"""By step, repartition topic and source: the offset before which all records are processed."""


class TaskCheckpoint(msgspec.Struct, frozen=True):
    """The changelog record ``__task``: the progress of the task after a transaction.

    Positions of repartition topics may lie before ``done``, since their watermarks are read again.
    """

    positions: Positions
    done: Processed
    stream_time: int
    version: int


class StoreCheckpoint(msgspec.Struct, frozen=True):
    """The progress of a store: it holds everything up to ``task``, and up to a changelog offset."""

    task: TaskCheckpoint | None
    changelog: int


def write_checkpoint(store: Store, checkpoint: StoreCheckpoint) -> None:
    """Write the checkpoint of a store, to be committed with the rows that it covers."""
    store.write({LOCAL: {b"": msgspec.json.encode(checkpoint)}})


def read_task_checkpoint(row: bytes, where: str, state_version: int) -> TaskCheckpoint:
    """Decode a ``__task`` record.

    Raises:
        StateError: a program with another state version wrote it.
    """
    version = msgspec.json.decode(row, type=_Versioned).version
    if version != state_version:
        raise StateError(
            f"{where} has state version {version}, this program has {state_version}: "
            'run the version that wrote it, or see "Begin anew" in docs/operate.md'
        )
    return msgspec.json.decode(row, type=TaskCheckpoint)


class _Versioned(msgspec.Struct):
    version: int = 0
